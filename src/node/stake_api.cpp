#include "node/stake_api.hpp"

namespace sotto::node {

Bytes StakeMessage::encode() const {
  Writer out;
  out.u64(epoch);
  ledger::write(out, stake);
  return std::move(out).bytes();
}

Result<StakeMessage, DecodeError> StakeMessage::decode(ByteView bytes) {
  Reader in(bytes);
  StakeMessage message;
  TRY(epoch, in.u64());
  message.epoch = epoch;
  TRY(stake, ledger::read_stake(in));
  message.stake = std::move(stake);
  TRY_OK(in.finish());
  return message;
}

}  // namespace sotto::node
