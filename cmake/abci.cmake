# Target sotto::abci: CometBFT's messages, compiled by protobuf from src/comet/abci.proto. Its code is not ours to warn about.
set(SOTTO_ABCI_DIR ${CMAKE_BINARY_DIR}/abci)
file(MAKE_DIRECTORY ${SOTTO_ABCI_DIR})
add_custom_command(OUTPUT ${SOTTO_ABCI_DIR}/abci.pb.cc ${SOTTO_ABCI_DIR}/abci.pb.h
  COMMAND protobuf::protoc --cpp_out ${SOTTO_ABCI_DIR} -I ${CMAKE_SOURCE_DIR}/src/comet abci.proto
  DEPENDS ${CMAKE_SOURCE_DIR}/src/comet/abci.proto VERBATIM)
add_library(sotto_abci STATIC ${SOTTO_ABCI_DIR}/abci.pb.cc ${SOTTO_ABCI_DIR}/abci.pb.h)
target_include_directories(sotto_abci SYSTEM PUBLIC ${SOTTO_ABCI_DIR})
target_compile_options(sotto_abci PRIVATE -w)
target_link_libraries(sotto_abci PUBLIC protobuf::libprotobuf-lite)
add_library(sotto::abci ALIAS sotto_abci)
