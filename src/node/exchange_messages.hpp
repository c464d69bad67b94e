// What validators that exchange votes say to each other and to wallets (settle/exchange.hpp), as bytes.
//
//   POST /v1/pay[?hints=N][&spread=1]   a body as for /v1/transactions      -> 200 settle::ExchangeAnswer | 409 RefusalMessage |
//                                                                              504 no quorum in time | 404 no exchange here | 400
//        this validator votes, tells the others, and acknowledges once a quorum has voted; with spread=1 it also forwards the
//        transaction to the others and answers with the settlement certificate
//   POST /v1/peer/exchange              messages, for members alone         -> 200, empty
#pragma once
#include "node/api.hpp"
#include "settle/exchange.hpp"

namespace sotto::node {

inline constexpr const char* kPayPath = "/v1/pay";
inline constexpr const char* kExchangePath = "/v1/peer/exchange";
inline constexpr const char* kNoQuorum = "no_quorum";                   // of the 504

inline constexpr size_t kMaxExchangeMessages = 1'024;                   // in one body
inline constexpr size_t kMaxExchangeBytes = kMaxRequestBytes;           // of one body

// With hints for its validators; `spread` as above.
std::string pay_path(size_t hint_bytes, bool spread);

Bytes encode(const settle::ExchangeMessage& message);
// Bodies are messages one after the other.
Bytes join(std::span<const Bytes> messages);
Result<std::vector<settle::ExchangeMessage>, DecodeError> decode_exchange(ByteView body);

Bytes encode(const settle::ExchangeAnswer& answer);
Result<settle::ExchangeAnswer, DecodeError> decode_exchange_answer(ByteView bytes);

}  // namespace sotto::node
