#include "cert/acme/curl_transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/mutex.h"

namespace cert {
namespace {

constexpr std::size_t kMaxBody = std::size_t{1} << 20U;
constexpr std::size_t kMaxHeaderValue = 4096;
constexpr std::size_t kMaxLinks = 32;
constexpr const char* kUserAgent = "padlock/" PADLOCK_VERSION;

struct HandleFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using HandlePtr = std::unique_ptr<CURL, HandleFree>;

struct HeadersFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeadersPtr = std::unique_ptr<curl_slist, HeadersFree>;

// What the callbacks of one exchange saw.
struct Exchange {
  HttpReply reply;
  int requests_out = 0;
  bool too_large = false;
  std::array<char, CURL_ERROR_SIZE> error{};
};

// libcurl tells of octets that left after TLS took them: the proof that something was sent.
int OnDebug(CURL*, curl_infotype type, char*, std::size_t, void* user) {
  if (type == CURLINFO_HEADER_OUT) ++static_cast<Exchange*>(user)->requests_out;
  return 0;
}

std::size_t OnBody(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.reply.body.size() + size > kMaxBody) {
    exchange.too_large = true;
    return 0;  // ends the transfer
  }
  exchange.reply.body.append(data, size);
  return size;
}

// Where the header is kept; null for those that we do not read.
std::string* PlaceOf(const std::string& name, HttpReply& reply) {
  if (name == "content-type") return &reply.content_type;
  if (name == "location") return &reply.location;
  if (name == "replay-nonce") return &reply.replay_nonce;
  if (name == "retry-after") return &reply.retry_after;
  if (name == "link" && reply.links.size() < kMaxLinks) return &reply.links.emplace_back();
  return nullptr;
}

std::size_t OnHeader(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string line(data, size);
  // The headers of an interim reply (1xx) do not belong to the final one.
  if (line.starts_with("HTTP/")) exchange.reply = HttpReply();
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos || size - colon > kMaxHeaderValue) return size;
  std::string* const place = PlaceOf(absl::AsciiStrToLower(line.substr(0, colon)), exchange.reply);
  if (place != nullptr) *place = std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  return size;
}

long MillisecondsLeft(base::Deadline deadline) {
  constexpr std::int64_t kDay = 24 * 3600 * 1000;
  return static_cast<long>(
      std::clamp<std::int64_t>(absl::ToInt64Milliseconds(deadline.Remaining()), 1, kDay));
}

void SetConnectionOptions(CURL* curl, const std::string& tls_ca_file) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // the environment must not choose one
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, kUserAgent);
  if (tls_ca_file.empty()) return;
  curl_easy_setopt(curl, CURLOPT_CAINFO, tls_ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);  // else the system's CAs stay trusted too
}

void SetExchange(CURL* curl, Exchange& exchange) {
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange.error.data());
  curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);  // without it the callback is not called
  curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, &OnDebug);
  curl_easy_setopt(curl, CURLOPT_DEBUGDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
}

// Returns the header list, which must outlive the transfer.
HeadersPtr SetRequest(CURL* curl, const HttpRequest& request) {
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, request.fresh_connection ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, request.fresh_connection ? 1L : 0L);
  curl_slist* headers = curl_slist_append(nullptr, "Expect:");  // no wait for a 100
  if (!request.accept.empty()) {
    headers = curl_slist_append(headers, ("Accept: " + request.accept).c_str());
  }
  if (request.method == HttpRequest::Method::kHead) curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (request.method == HttpRequest::Method::kPost) {
    headers = curl_slist_append(headers, "Content-Type: application/jose+json");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  return HeadersPtr(headers);
}

absl::StatusOr<HttpReply> Finish(CURL* curl, CURLcode code, Exchange& exchange) {
  if (exchange.too_large) return absl::InternalError("the reply is longer than 1 MiB");
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    exchange.reply.status = static_cast<int>(status);
    exchange.reply.resent = exchange.requests_out > 1;
    return std::move(exchange.reply);
  }
  const std::string why = exchange.error[0] != '\0' ? std::string(exchange.error.data())
                                                    : std::string(curl_easy_strerror(code));
  if (exchange.requests_out > 0) return absl::UnknownError("the reply was lost: " + why);
  if (code == CURLE_URL_MALFORMAT) return absl::InternalError("not a URL: " + why);
  return absl::UnavailableError("no connection: " + why);
}

}  // namespace

struct CurlTransport::Handles {
  HandlePtr Take() {
    {
      const base::MutexLock lock(mutex);
      if (!idle.empty()) {
        HandlePtr handle = std::move(idle.back());
        idle.pop_back();
        return handle;
      }
    }
    return HandlePtr(curl_easy_init());
  }

  void Return(HandlePtr handle, std::size_t limit) {
    curl_easy_reset(handle.get());  // its connections stay open
    const base::MutexLock lock(mutex);
    if (idle.size() < limit) idle.push_back(std::move(handle));
  }

  base::Mutex mutex;
  std::vector<HandlePtr> idle ABSL_GUARDED_BY(mutex);
};

CurlTransport::CurlTransport(Options options)
    : options_(std::move(options)), handles_(std::make_unique<Handles>()) {
  static const CURLcode kInitialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(kInitialised);
}

CurlTransport::~CurlTransport() = default;

absl::StatusOr<HttpReply> CurlTransport::Send(const HttpRequest& request, base::Deadline deadline) {
  if (deadline.Expired()) return absl::DeadlineExceededError("no time left to send a request");
  if (!request.url.starts_with("https://")) return absl::InternalError("not an https URL");
  HandlePtr handle = handles_->Take();
  if (handle == nullptr) return absl::UnavailableError("no connection: libcurl has no handle");
  Exchange exchange;
  SetConnectionOptions(handle.get(), options_.tls_ca_file);
  SetExchange(handle.get(), exchange);
  const HeadersPtr headers = SetRequest(handle.get(), request);
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, MillisecondsLeft(deadline));
  const CURLcode code = curl_easy_perform(handle.get());
  absl::StatusOr<HttpReply> reply = Finish(handle.get(), code, exchange);
  handles_->Return(std::move(handle), options_.idle_handle_limit);
  return reply;
}

}  // namespace cert
