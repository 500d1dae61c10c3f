#include "probe/http/curl_fetcher.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "probe/http/transfer.h"

namespace probe {
namespace {

// Whatever happens is said by a socket, a wake-up or libcurl's own timer; this is only a bound.
constexpr int kLongestWaitMilliseconds = 1000;
static_assert(absl::Milliseconds(kLongestWaitMilliseconds) <= base::Pulse::kLongestWait);

}  // namespace

// libcurl's multi handle and the transfers in it.
class CurlFetcher::Multi {
 public:
  explicit Multi(CURLM* multi) : multi_(multi) {}
  ~Multi() {
    for (auto& [handle, transfer] : transfers_) {
      curl_multi_remove_handle(multi_, handle);
      transfer->Give(Fetched::Kind::kNotFetched, "the worker is shutting down");
    }
    transfers_.clear();
    curl_multi_cleanup(multi_);
  }
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  std::size_t size() const { return transfers_.size(); }
  // Thread-safe.
  void Wake() { curl_multi_wakeup(multi_); }

  void Add(std::unique_ptr<Transfer> transfer, const std::string& user_agent) {
    if (!transfer->Prepare(user_agent) ||
        curl_multi_add_handle(multi_, transfer->handle.get()) != CURLM_OK) {
      return transfer->Give(Fetched::Kind::kNotFetched, "the worker has no memory left");
    }
    CURL* const handle = transfer->handle.get();
    transfers_.emplace(handle, std::move(transfer));
  }

  void Work() {
    int running = 0;
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;  // gone with the next call
      CURL* const handle = message->easy_handle;
      const auto node = transfers_.extract(handle);
      // Finish asks the handle, which must not be in the multi handle when it is freed.
      curl_multi_remove_handle(multi_, handle);
      node.mapped()->Finish(code);
    }
  }

  void Wait() { curl_multi_poll(multi_, nullptr, 0, kLongestWaitMilliseconds, nullptr); }

 private:
  CURLM* const multi_;
  absl::flat_hash_map<CURL*, std::unique_ptr<Transfer>> transfers_;
};

absl::StatusOr<std::unique_ptr<CurlFetcher>> CurlFetcher::Start(Options options) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* const handle = initialised == CURLE_OK ? curl_multi_init() : nullptr;
  if (handle == nullptr) return absl::ResourceExhaustedError("libcurl cannot be started");
  return std::unique_ptr<CurlFetcher>(
      new CurlFetcher(std::move(options), std::make_unique<Multi>(handle)));
}

CurlFetcher::CurlFetcher(Options options, std::unique_ptr<Multi> multi)
    : options_(std::move(options)), multi_(std::move(multi)), thread_([this] { Run(); }) {}

CurlFetcher::~CurlFetcher() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  multi_->Wake();
  thread_.join();
}

void CurlFetcher::Fetch(Fetching fetching, Fetcher::Done done) {
  auto transfer = std::make_unique<Transfer>(std::move(fetching), std::move(done));
  {
    const base::MutexLock lock(mutex_);
    arrived_.push_back(std::move(transfer));
  }
  multi_->Wake();
}

void CurlFetcher::Run() {
  while (TakeArrived()) {
    pulse_->Beat();
    multi_->Work();
    multi_->Wait();
  }
}

// Returns false when it is time to stop; what has arrived is then among what is given up.
bool CurlFetcher::TakeArrived() {
  std::vector<std::unique_ptr<Transfer>> arrived;
  bool stopping = false;
  {
    const base::MutexLock lock(mutex_);
    arrived.swap(arrived_);
    stopping = stopping_;
  }
  for (std::unique_ptr<Transfer>& transfer : arrived) {
    if (multi_->size() >= options_.limit) {
      transfer->Give(Fetched::Kind::kNotFetched, "this worker fetches as much at once as it may");
    } else {
      multi_->Add(std::move(transfer), options_.user_agent);
    }
  }
  return !stopping;
}

}  // namespace probe
