# blst, built by Cargo from its crate (third_party/blst); target sotto::blst.
# The locked crates need cargo 1.85: the one in PATH if it is new enough, else Debian's (package cargo-web). ./setup sees to it.
set(_cargo_min 1.85)
function(sotto_cargo_is_new_enough result candidate)
  execute_process(COMMAND ${candidate} --version OUTPUT_VARIABLE version ERROR_QUIET)
  string(REGEX MATCH "[0-9]+[.][0-9.]+" version "${version}")
  if(NOT version VERSION_GREATER_EQUAL ${_cargo_min})
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()
find_program(CARGO NAMES cargo VALIDATOR sotto_cargo_is_new_enough)
if(NOT CARGO)
  message(FATAL_ERROR "no cargo of at least ${_cargo_min}; run ./setup")
endif()
# A cargo outside its own toolchain's PATH would pick up another rustc: Debian's goes with Debian's.
set(_rustc "")
if(CARGO STREQUAL "/usr/bin/cargo" AND EXISTS /usr/bin/rustc)
  set(_rustc RUSTC=/usr/bin/rustc)
endif()
set(_src ${CMAKE_SOURCE_DIR}/third_party/blst)
set(_target ${CMAKE_BINARY_DIR}/blst)
set(_lib ${_target}/release/libsotto_blst.a)
set(_include ${_target}/include)
file(MAKE_DIRECTORY ${_include})

add_custom_command(
  OUTPUT ${_lib} ${_include}/blst.h
  COMMAND ${CMAKE_COMMAND} -E env CARGO_TARGET_DIR=${_target} SOTTO_BLST_INCLUDE=${_include} ${_rustc}
          ${CARGO} build --release --locked --quiet --manifest-path ${_src}/Cargo.toml
  DEPENDS ${_src}/Cargo.toml ${_src}/Cargo.lock ${_src}/build.rs ${_src}/src/lib.rs
  COMMENT "Building blst from its crate"
  VERBATIM)
add_custom_target(blst_build DEPENDS ${_lib})

add_library(sotto_blst STATIC IMPORTED GLOBAL)
set_target_properties(sotto_blst PROPERTIES IMPORTED_LOCATION ${_lib})
target_include_directories(sotto_blst SYSTEM INTERFACE ${_include})
add_dependencies(sotto_blst blst_build)
add_library(sotto::blst ALIAS sotto_blst)
