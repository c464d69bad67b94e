# What is not a module: the tool that makes the reference string, the benchmark, the checks of the tree itself.
add_executable(make_srs ${CMAKE_SOURCE_DIR}/tools/make_srs.cpp)
target_link_libraries(make_srs PRIVATE sotto_poly)

add_executable(bench_layout ${CMAKE_SOURCE_DIR}/bench/layout/layout.cpp)
target_include_directories(bench_layout PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_definitions(bench_layout PRIVATE SOTTO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(bench_layout PRIVATE sotto_circuit)

file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*.cpp)
add_executable(sotto_bench ${bench_sources})
target_include_directories(sotto_bench PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_definitions(sotto_bench PRIVATE SOTTO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(sotto_bench PRIVATE sotto_circuit sotto_note sotto_settle sotto_wallet sotto_node nlohmann_json::nlohmann_json CLI11::CLI11 fmt::fmt)

# The validator's throughput (bench/validator): its corpus, and the bench that replays it.
add_library(bench_validator STATIC ${CMAKE_SOURCE_DIR}/bench/validator/corpus.cpp)
target_include_directories(bench_validator PUBLIC ${CMAKE_SOURCE_DIR})
target_compile_definitions(bench_validator PUBLIC SOTTO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(bench_validator PUBLIC sotto_node nlohmann_json::nlohmann_json CLI11::CLI11 fmt::fmt)
add_executable(sotto_corpus ${CMAKE_SOURCE_DIR}/bench/validator/make_corpus.cpp)
target_link_libraries(sotto_corpus PRIVATE bench_validator)
add_executable(sotto_validator_bench ${CMAKE_SOURCE_DIR}/bench/validator/throughput.cpp ${CMAKE_SOURCE_DIR}/bench/validator/served.cpp
  ${CMAKE_SOURCE_DIR}/bench/validator/load.cpp ${CMAKE_SOURCE_DIR}/bench/validator/ledger_scale.cpp)
target_link_libraries(sotto_validator_bench PRIVATE bench_validator)

# Wallets that pay through a real network (bench/network).
add_executable(sotto_load ${CMAKE_SOURCE_DIR}/bench/network/load.cpp)
target_include_directories(sotto_load PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_definitions(sotto_load PRIVATE SOTTO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(sotto_load PRIVATE sotto_node nlohmann_json::nlohmann_json CLI11::CLI11)
add_executable(sotto_feed ${CMAKE_SOURCE_DIR}/bench/network/feed.cpp)
target_link_libraries(sotto_feed PRIVATE bench_validator)

# Does the time of a proof tell a secret? (bench/timing)
add_executable(sotto_timing ${CMAKE_SOURCE_DIR}/bench/timing/timing.cpp)
target_include_directories(sotto_timing PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_definitions(sotto_timing PRIVATE SOTTO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(sotto_timing PRIVATE sotto_circuit nlohmann_json::nlohmann_json CLI11::CLI11 fmt::fmt)

if(SOTTO_TESTS)
  find_program(PYTHON3 python3 REQUIRED)
  add_test(NAME rules_of_the_tree COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tools/check_levels.py ${CMAKE_SOURCE_DIR})
  add_test(NAME rules_of_the_tree_bite COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tools/check_levels.py --self-test)
  add_test(NAME mutants_tool COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tools/mutants.py --self-test)
  add_test(NAME bench_guard_bites COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tools/bench_check.py --self-test)
  add_test(NAME bench_guard_from_outside COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tools/bench_check_test.py)

  # The model of settlement (src/settle/model): the same whatever compiles the rest, so once is enough.
  if(NOT SOTTO_SANITIZE AND NOT SOTTO_FUZZ)
    find_program(SPIN spin REQUIRED)
    add_test(NAME settlement_model COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/src/settle/model/run.py --dir ${CMAKE_BINARY_DIR}/model)
    set_tests_properties(settlement_model PROPERTIES TIMEOUT 600)
  endif()
endif()
