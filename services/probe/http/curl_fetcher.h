// Fetches with libcurl, on a thread of its own: TLS handshakes and HTTP heads of strangers cost the
// loops that ask the DNS nothing.
//
// What is connected to is the given address and no other: libcurl is told it instead of a name, and
// the socket is refused if it were for another. HTTP/1.1, plain or over TLS 1.2 and newer; a new
// connection for each fetch; no proxy, no redirects, no cookies, no credentials, no TLS sessions.
//
// Certificates are not verified: a host that asks for its first certificate has none that could be,
// which is why CAs do not verify them either when http-01 is redirected to https. What is fetched
// proves itself, by the account's thumbprint in it.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/pulse.h"
#include "probe/core/fetcher.h"

namespace probe {

// Thread-safe.
class CurlFetcher {
 public:
  struct Options {
    std::size_t limit = 256;  // fetches at once; each may hold kMaxHttpBody and a TLS connection
    std::string user_agent = "padlock-probe";
  };

  // RESOURCE_EXHAUSTED without memory or file descriptors.
  static absl::StatusOr<std::unique_ptr<CurlFetcher>> Start(Options options);
  // Fetches under way end as kNotFetched.
  ~CurlFetcher();
  CurlFetcher(const CurlFetcher&) = delete;
  CurlFetcher& operator=(const CurlFetcher&) = delete;

  // As Fetcher::Fetch, but `done` is called on the fetcher's thread, which it must not block.
  // Beyond the limit the fetch ends as kNotFetched.
  void Fetch(Fetching fetching, Fetcher::Done done);

  // Of its thread.
  base::PulsePtr pulse() const { return pulse_; }

 private:
  struct Transfer;
  class Multi;

  CurlFetcher(Options options, std::unique_ptr<Multi> multi);

  void Run();
  bool TakeArrived();

  const Options options_;
  const std::unique_ptr<Multi> multi_;  // its thread's, but for Wake
  const std::shared_ptr<base::Pulse> pulse_ = std::make_shared<base::Pulse>("fetcher");
  base::Mutex mutex_;
  std::vector<std::unique_ptr<Transfer>> arrived_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace probe
