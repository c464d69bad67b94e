#include "comet/abci.hpp"

#include <algorithm>

#include "abci.pb.h"

namespace sotto::comet {

namespace {

std::string text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
Bytes bytes_of(const std::string& s) { return Bytes(s.begin(), s.end()); }
Failure<Error> wrong(const std::string& what) { return Failure{Error{"CometBFT: " + what}}; }

// Unix milliseconds; the engine's clock starts at its genesis time, so nothing lies before 1970.
Result<uint64_t, Error> milliseconds(const abci::Time& time) {
  constexpr int64_t kMaxSeconds = int64_t{1} << 40;
  if (time.seconds() < 0 || time.seconds() > kMaxSeconds || time.nanos() < 0 || time.nanos() >= 1'000'000'000)
    return wrong("a time out of range");
  return static_cast<uint64_t>(time.seconds()) * 1000 + static_cast<uint64_t>(time.nanos()) / 1'000'000;
}

template <class Message>
Result<Proposal, Error> proposal_of(const Message& message) {
  if (message.height() < 1) return wrong("a block without height");
  Proposal out;
  out.height = message.height();
  TRY(time_ms, milliseconds(message.time()));
  out.time_ms = time_ms;
  for (const auto& tx : message.txs()) out.transactions.push_back(view(tx));
  return out;
}

Snapshot snapshot_of(const abci::Snapshot& s) { return {s.height(), s.format(), s.chunks(), bytes_of(s.hash()), bytes_of(s.metadata())}; }

// Fills `response`; an Error becomes an exception.
Status<Error> serve(Application& app, const abci::Request& request, abci::Response& response) {
  switch (request.value_case()) {
    case abci::Request::kEcho:
      response.mutable_echo()->set_message(request.echo().message());
      return Ok{};
    case abci::Request::kFlush:
      response.mutable_flush();
      return Ok{};
    case abci::Request::kInfo: {
      const AppPoint point = app.info();
      auto& info = *response.mutable_info();
      info.set_data("sotto");
      info.set_version("1");
      info.set_app_version(1);
      info.set_last_block_height(point.height);
      info.set_last_block_app_hash(text(point.app_hash));
      return Ok{};
    }
    case abci::Request::kInitChain: {
      const auto& m = request.init_chain();
      TRY(hash, app.init_chain({m.chain_id(), bytes_of(m.app_state_bytes()), m.initial_height()}));
      response.mutable_init_chain()->set_app_hash(text(hash));
      return Ok{};
    }
    case abci::Request::kQuery:
      response.mutable_query()->set_code(1);
      response.mutable_query()->set_log("ask the validator");
      return Ok{};
    case abci::Request::kCheckTx:
      response.mutable_check_tx()->set_code(app.check_transaction(view(request.check_tx().tx())) ? 0 : 1);
      return Ok{};
    case abci::Request::kPrepareProposal: {
      const auto& m = request.prepare_proposal();
      if (m.height() < 1) return wrong("a proposal without height");
      TRY(transactions, app.prepare_proposal(m.height(), static_cast<uint64_t>(std::max<int64_t>(0, m.max_tx_bytes()))));
      auto& out = *response.mutable_prepare_proposal();
      for (const Bytes& tx : transactions) out.add_txs(text(tx));
      return Ok{};
    }
    case abci::Request::kProcessProposal: {
      bool good = request.process_proposal().txs_size() <= static_cast<int>(kMaxEngineTransactions);
      if (good) {
        TRY(proposal, proposal_of(request.process_proposal()));
        TRY(verdict, app.process_proposal(proposal));
        good = verdict;
      }
      response.mutable_process_proposal()->set_verdict(good ? 1 : 2);
      return Ok{};
    }
    case abci::Request::kFinalizeBlock: {
      TRY(block, proposal_of(request.finalize_block()));
      for (const auto& m : request.finalize_block().misbehaviour()) {
        Misbehaviour one;
        if (m.validator().address().size() != one.validator.size()) return wrong("a validator's address of another length");
        std::copy(m.validator().address().begin(), m.validator().address().end(), one.validator.begin());
        one.kind = m.kind() <= Misbehaviour::light_client_attack ? static_cast<Misbehaviour::Kind>(m.kind()) : Misbehaviour::unknown;
        one.height = m.height();
        TRY(done_ms, milliseconds(m.time()));
        one.time_ms = done_ms;
        block.misbehaviour.push_back(one);
      }
      TRY(hash, app.finalize_block(block));
      auto& out = *response.mutable_finalize_block();
      out.set_app_hash(text(hash));
      for (size_t i = 0; i < block.transactions.size(); ++i) out.add_tx_results();
      for (const ValidatorUpdate& update : app.validator_updates()) {
        auto& one = *out.add_validator_updates();
        one.mutable_pub_key()->set_ed25519(text(update.key));
        one.set_power(update.power);
      }
      return Ok{};
    }
    case abci::Request::kCommit: {
      TRY(retain, app.commit());
      response.mutable_commit()->set_retain_height(retain);
      return Ok{};
    }
    case abci::Request::kListSnapshots: {
      auto& out = *response.mutable_list_snapshots();
      for (const Snapshot& s : app.snapshots()) {
        auto& one = *out.add_snapshots();
        one.set_height(s.height);
        one.set_format(s.format);
        one.set_chunks(s.chunks);
        one.set_hash(text(s.hash));
        one.set_metadata(text(s.metadata));
      }
      return Ok{};
    }
    case abci::Request::kOfferSnapshot: {
      const auto& m = request.offer_snapshot();
      Hash32 hash;
      if (m.app_hash().size() != hash.size()) return wrong("an app hash of another length");
      std::copy(m.app_hash().begin(), m.app_hash().end(), hash.begin());
      response.mutable_offer_snapshot()->set_verdict(static_cast<uint32_t>(app.offer_snapshot(snapshot_of(m.snapshot()), hash)));
      return Ok{};
    }
    case abci::Request::kLoadSnapshotChunk: {
      const auto& m = request.load_snapshot_chunk();
      const Bytes chunk = app.snapshot_chunk(m.height(), m.format(), m.chunk());
      CHECK(chunk.size() <= kMaxChunkBytes);
      response.mutable_load_snapshot_chunk()->set_chunk(text(chunk));
      return Ok{};
    }
    case abci::Request::kApplySnapshotChunk: {
      const auto& m = request.apply_snapshot_chunk();
      const ChunkVerdict verdict = app.apply_chunk(m.index(), view(m.chunk()), m.sender());
      auto& out = *response.mutable_apply_snapshot_chunk();
      out.set_verdict(verdict.kind);
      for (const uint32_t i : verdict.refetch) out.add_refetch_chunks(i);
      for (const auto& sender : verdict.reject_senders) out.add_reject_senders(sender);
      return Ok{};
    }
    // Never enabled: vote extensions, and the mempool that asks for transactions. Harmless answers all the same.
    case abci::Request::kExtendVote:
      response.mutable_extend_vote();
      return Ok{};
    case abci::Request::kVerifyVoteExtension:
      response.mutable_verify_vote_extension()->set_verdict(request.verify_vote_extension().vote_extension().empty() ? 1 : 2);
      return Ok{};
    case abci::Request::kInsertTx:
      response.mutable_insert_tx()->set_code(1);
      return Ok{};
    case abci::Request::kReapTxs:
      response.mutable_reap_txs();
      return Ok{};
    case abci::Request::VALUE_NOT_SET:
      break;
  }
  return wrong("a request of an unknown kind");
}

}  // namespace

Answer answer(Application& application, ByteView request) {
  abci::Request asked;
  abci::Response response;
  std::optional<Error> broken;
  if (!asked.ParseFromArray(request.data(), static_cast<int>(request.size()))) broken = Error{"CometBFT: not a request"};
  else if (auto served = serve(application, asked, response); !served.ok()) broken = served.error();
  if (broken) response.mutable_exception()->set_error(broken->what);
  Bytes out(response.ByteSizeLong());
  CHECK(response.SerializeToArray(out.data(), static_cast<int>(out.size())));
  return {std::move(out), std::move(broken)};
}

}  // namespace sotto::comet
