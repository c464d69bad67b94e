// Inside of client, server and relay: what a peer has sent and nobody has taken yet. It holds a head at most, whatever is sent: a body
// goes to where it belongs as it comes, and no more is asked of the peer than is wanted.
#pragma once
#include <algorithm>
#include <cstring>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include "net/head.hpp"

namespace sotto::net {

inline constexpr size_t kBodyStepBytes = 64 * 1024;      // a body's memory grows by this, whatever length was announced

// `From` reads as net::Stream does. It and this outlive what is being waited for; `done` sees to it.
class Incoming {
 public:
  using error_code = boost::system::error_code;
  explicit Incoming(size_t max_head_bytes) : buffer_(max_head_bytes) {}

  // done(error) once there is a byte, or none will come.
  template <class From, class Done>
  void wait(From& from, Done done) {
    if (begin_ < end_) return done(error_code());
    begin_ = end_ = 0;
    from.async_read_some(boost::asio::buffer(buffer_), [this, done = std::move(done)](error_code e, size_t n) mutable {
      end_ += n;
      done(e);
    });
  }

  // done(error, head): the head is valid until the next call. message_size: more than it may be.
  template <class From, class Done>
  void head(From& from, Done done, size_t seen = 0) {
    const size_t end = head_end(rest(), seen);
    if (end != std::string_view::npos) {
      begin_ += end;
      return done(error_code(), std::string_view(text() + begin_ - end, end));
    }
    if (begin_ > 0) forget_taken();
    if (end_ == buffer_.size()) return done(boost::asio::error::message_size, std::string_view());
    from.async_read_some(boost::asio::buffer(buffer_) + end_, [this, &from, done = std::move(done)](error_code e, size_t n) mutable {
      if (e) return done(e, std::string_view());
      end_ += n;
      head(from, std::move(done), end_ - n);
    });
  }

  // done(error) once `to`, empty before, has so many bytes.
  template <class From, class Done>
  void body(From& from, uint64_t length, Bytes& to, Done done) {
    const size_t here = static_cast<size_t>(std::min<uint64_t>(length, end_ - begin_));
    to.assign(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_ + here));
    begin_ += here;
    more(from, static_cast<size_t>(length), to, std::move(done));
  }

  // What has come and was not taken.
  std::string_view rest() const { return {text() + begin_, end_ - begin_}; }
  void clear() { begin_ = end_ = 0; }

 private:
  template <class From, class Done>
  void more(From& from, size_t length, Bytes& to, Done done) {
    const size_t have = to.size();
    if (have == length) return done(error_code());
    const size_t step = std::min(length - have, kBodyStepBytes);
    if (to.capacity() < have + step) to.reserve(std::min(length, std::max(2 * have, have + step)));
    to.resize(have + step);
    from.async_read_some(boost::asio::buffer(to) + have, [this, &from, length, &to, have, done = std::move(done)](error_code e, size_t n) mutable {
      to.resize(have + n);
      if (e) return done(e);
      more(from, length, to, std::move(done));
    });
  }

  void forget_taken() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const char* text() const { return reinterpret_cast<const char*>(buffer_.data()); }

  Bytes buffer_;
  size_t begin_ = 0, end_ = 0;
};

}  // namespace sotto::net
