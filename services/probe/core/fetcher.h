// Fetches one URL from one address. libcurl does it over the network (http/curl_fetcher.h), tests
// answer from a simulated world.

#pragma once

#include <cstddef>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "probe/core/http_url.h"
#include "probe/core/ip_address.h"

namespace probe {

inline constexpr std::size_t kMaxHttpBody = std::size_t{64} << 10U;
inline constexpr std::size_t kMaxHttpHead = std::size_t{16} << 10U;

// A GET. Nothing but `address` is connected to, at the URL's port.
struct Fetching {
  HttpUrl url = {};
  IpAddress address = {};
  absl::Duration timeout = absl::ZeroDuration();
};

// What became of it. Redirects are not followed.
struct Fetched {
  enum class Kind {
    kAnswered,     // `status` is set, whatever it is
    kTimeout,      // no whole answer came
    kUnreachable,  // no route, nobody listens there
    kMalformed,  // what came is no answer: not HTTP, TLS failed, it broke off, its head is too long
    kNotFetched,  // our own limit
  };

  Kind kind = Kind::kTimeout;
  int status = 0;
  std::string location = {};   // of a redirect, whose body is not read
  std::string body = {};       // at most kMaxHttpBody octets
  bool body_too_long = false;  // there was more
  absl::Duration round_trip_time = absl::ZeroDuration();
  std::string note = {};  // one sentence, or empty
};

// Confined to its loop's thread.
class Fetcher {
 public:
  using Done = absl::AnyInvocable<void(Fetched)>;

  virtual ~Fetcher() = default;

  // `done` is called once, within `fetching.timeout`, never from within Fetch.
  virtual void Fetch(Fetching fetching, Done done) = 0;
};

}  // namespace probe
