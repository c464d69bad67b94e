# blst, built by Cargo from its crate (third_party/blst); target sotto::blst.
find_program(CARGO NAMES cargo cargo-web REQUIRED)
set(_src ${CMAKE_SOURCE_DIR}/third_party/blst)
set(_target ${CMAKE_BINARY_DIR}/blst)
set(_lib ${_target}/release/libsotto_blst.a)
set(_include ${_target}/include)
file(MAKE_DIRECTORY ${_include})

add_custom_command(
  OUTPUT ${_lib} ${_include}/blst.h
  COMMAND ${CMAKE_COMMAND} -E env CARGO_TARGET_DIR=${_target} SOTTO_BLST_INCLUDE=${_include}
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
