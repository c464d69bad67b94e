#include "apps/control.hpp"

#include <nlohmann/json.hpp>

#include "apps/assets.hpp"
#include "node/batch_worker.hpp"
#include "base/files.hpp"
#include "net/client.hpp"
#include "net/server.hpp"

namespace sotto::apps {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr size_t kMaxFieldBytes = 512;
constexpr size_t kMaxControlBytes = 1024;

struct Job {
  FundRequest request;
  net::Reply reply;
};

net::Response json(uint16_t status, const ordered_json& j) {
  const std::string text = j.dump();
  return {status, Bytes(text.begin(), text.end()), net::kJson};
}
ordered_json failure(ExitCode code, const std::string& message, const std::string& reject = "") {
  ordered_json j{{"ok", false}, {"error", name(code)}, {"message", message}};
  if (!reject.empty()) j["reject"] = reject;
  return j;
}

ordered_json answer_to(const ledger::Network& network, const ControlServer::Fund& fund, const FundRequest& request) {
  const auto asset = find_asset(network, request.asset);
  if (!asset.ok()) return failure(asset.error().code, asset.error().message);
  const auto to = parse_address(network, request.address);
  if (!to.ok()) return failure(to.error().code, to.error().message, to.error().reject);
  const auto amount = parse_amount(request.amount, *asset);
  if (!amount.ok()) return failure(amount.error().code, amount.error().message, amount.error().reject);
  const auto paid = fund(*to, asset->opening, *amount);
  if (!paid.ok()) {
    const auto& f = paid.error();
    if (f.kind == node::PayFailure::Kind::pending) {
      auto sent = failure(ExitCode::pending, "the faucet has sent it, but it is not known to be final (" + f.what + "): the money may still move", f.reject);
      if (f.txid) sent["txid"] = f.txid->hex();
      return sent;
    }
    return failure(f.reject == "insufficient_funds" ? ExitCode::not_enough : ExitCode::failed,
                   "the faucet could not pay: " + f.what + "; money not moved", f.reject);
  }
  return {{"ok", true},
          {"txid", paid->txid.hex()},
          {"amount", note::format_amount(*amount, asset->decimals)},
          {"asset", asset->symbol},
          {"prove_ms", paid->prove_ms},
          {"settled_ms", paid->settled_ms}};
}

}  // namespace

Bytes FundRequest::encode() const {
  Writer out;
  for (const auto* field : {&address, &amount, &asset}) out.sized(view(*field));
  return std::move(out).bytes();
}

Result<FundRequest, DecodeError> FundRequest::decode(ByteView bytes) {
  Reader in(bytes);
  FundRequest request;
  for (auto* field : {&request.address, &request.amount, &request.asset}) {
    TRY(text, in.sized(kMaxFieldBytes));
    field->assign(text.begin(), text.end());
  }
  TRY_OK(in.finish());
  return request;
}

struct ControlServer::Parts {
  fs::path file;
  std::string token;
  std::unique_ptr<node::BatchWorker<Job>> worker;
  std::unique_ptr<net::Server> server;

  void handle(net::Request request, net::Reply reply) {
    if (!equal_constant_time(view(request.token), view(token)))
      return reply(json(403, failure(ExitCode::failed, "wrong token")));
    if (request.method != net::Method::post || request.target != kFundPath)
      return reply(json(404, failure(ExitCode::failed, "unknown path")));
    auto decoded = FundRequest::decode(request.body);
    if (!decoded.ok()) return reply(json(400, failure(ExitCode::usage, name(decoded.error()))));
    worker->post({std::move(decoded).value(), std::move(reply)});
  }
};

ControlServer::ControlServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

ControlServer::~ControlServer() {
  std::error_code ignored;
  fs::remove(parts_->file, ignored);
  parts_->server->stop();
  parts_->worker->stop();
}

Result<std::unique_ptr<ControlServer>, Error> ControlServer::start(const fs::path& dir, const ledger::GenesisContent& content,
                                                                   Fund fund, Entropy& entropy) {
  auto parts = std::make_unique<Parts>();
  parts->file = dir / "control";
  parts->token = to_hex(entropy.bytes<32>());
  parts->worker = std::make_unique<node::BatchWorker<Job>>(size_t{1}, [network = std::make_shared<const ledger::Network>(content), fund = std::move(fund)](std::vector<Job> jobs) {
    for (auto& job : jobs) job.reply(json(200, answer_to(*network, fund, job.request)));
  });
  net::ServerLimits limits;
  limits.max_body_bytes = 3 * (4 + kMaxFieldBytes);
  limits.max_in_flight = 64;
  TRY(server, net::Server::start({"127.0.0.1", 0}, limits, [p = parts.get()](net::Request request, net::Reply reply) {
    p->handle(std::move(request), std::move(reply));
  }));
  parts->server = std::move(server);
  const ordered_json place = {{"address", parts->server->endpoint().address},
                                {"port", parts->server->endpoint().port},
                                {"token", parts->token}};
  TRY_OK(write_file(parts->file, view(place.dump())));
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(parts)));
}

Result<ControlAddress, CommandFailure> find_control(const fs::path& dir) {
  const auto bytes = read_file(dir / "control", kMaxControlBytes);
  if (!bytes.ok())
    return Failure{CommandFailure{ExitCode::unreachable,
                                  "no network runs in " + dir.string() + " (start one: sotto devnet up, sotto testnet up)", ""}};
  const auto j = nlohmann::json::parse(bytes->begin(), bytes->end(), nullptr, false);
  const bool sound = j.is_object() && j.contains("address") && j["address"].is_string() && j.contains("port") &&
                     j["port"].is_number_unsigned() && j["port"] <= 65535 && j.contains("token") &&
                     j["token"].is_string();
  if (!sound)
    return Failure{CommandFailure{ExitCode::damaged, (dir / "control").string() + " is not what a devnet writes", ""}};
  return ControlAddress{{j["address"], j["port"]}, j["token"]};
}

}  // namespace sotto::apps
