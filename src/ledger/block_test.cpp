#include <gtest/gtest.h>

#include "ledger/test_support.hpp"

namespace sotto::ledger::testing {
namespace {

TEST(Block, HeaderIsReadWithoutTheEntries) {
  Block block;
  block.header.height = 7;
  block.header.time_ms = 8;
  block.header.notes = 9;
  block.header.entries = crypto::sha256(view("entries"));
  block.header.app_hash = crypto::sha256(view("state"));
  Bytes bytes = encode(block);
  const size_t header_size = encoded_header_size() - 4;     // less the count of entries
  bytes.resize(header_size);                                // whatever follows
  bytes.insert(bytes.end(), 100, 0xff);
  const auto header = decode_header_of(bytes);
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(*header, block.header);
  EXPECT_EQ(block_hash(*header), block_hash(block.header));
  EXPECT_EQ(decode_header_of(ByteView(bytes).first(header_size - 1)).error(), DecodeError::truncated);
  bytes[0] ^= 1;
  EXPECT_EQ(decode_header_of(bytes).error(), DecodeError::bad_version);
}

}  // namespace
}  // namespace sotto::ledger::testing
