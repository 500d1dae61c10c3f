// The shared fetcher as one loop's checks see it: what it fetches comes back on the loop's thread.

#pragma once

#include <memory>
#include <utility>

#include "probe/core/fetcher.h"
#include "probe/http/curl_fetcher.h"
#include "probe/resolver/event_loop.h"

namespace probe {

// Confined to its loop's thread.
class LoopFetcher final : public Fetcher {
 public:
  // `shared` must outlive this; it may end after the loop has stopped, which then drops its
  // answers.
  LoopFetcher(CurlFetcher& shared, std::shared_ptr<EventLoop> loop)
      : shared_(shared), loop_(std::move(loop)) {}

  void Fetch(Fetching fetching, Done done) override {
    shared_.Fetch(std::move(fetching), [loop = loop_, done = std::move(done)](Fetched got) mutable {
      loop->Post(
          [done = std::move(done), got = std::move(got)]() mutable { done(std::move(got)); });
    });
  }

 private:
  CurlFetcher& shared_;
  const std::shared_ptr<EventLoop> loop_;
};

}  // namespace probe
