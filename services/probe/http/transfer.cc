#include "probe/http/transfer.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/strings.h"

namespace probe {
namespace {

constexpr std::size_t kStatusAt = 9;  // in "HTTP/1.1 200 OK"
constexpr int kFirstFinal = 200;      // below: interim responses, which another head follows
constexpr int kFirstRedirect = 300;
constexpr int kFirstError = 400;
constexpr std::int64_t kLongestMilliseconds = 60'000;

bool IsRedirect(int status) { return status >= kFirstRedirect && status < kFirstError; }

std::optional<ServerAddress> FromSocketAddress(const sockaddr& address, std::size_t length) {
  if (address.sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    const auto* octets = reinterpret_cast<const std::uint8_t*>(&v4.sin_addr);
    return ServerAddress{*IpAddress::FromBytes({octets, 4}), ntohs(v4.sin_port)};
  }
  if (address.sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return ServerAddress{*IpAddress::FromBytes({v6.sin6_addr.s6_addr, 16}), ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

// NOLINTNEXTLINE(google-runtime-int): libcurl's type
long Milliseconds(absl::Duration timeout) {
  // NOLINTNEXTLINE(google-runtime-int)
  return static_cast<long>(
      std::clamp<std::int64_t>(absl::ToInt64Milliseconds(timeout), 1, kLongestMilliseconds));
}

}  // namespace

// The last thing before connect(2).
curl_socket_t CurlFetcher::Transfer::OpenSocket(void* user, curlsocktype, curl_sockaddr* address) {
  const auto& transfer = *static_cast<const Transfer*>(user);
  const ServerAddress wanted{transfer.fetching.address, transfer.fetching.url.port};
  if (FromSocketAddress(address->addr, address->addrlen) != wanted) return CURL_SOCKET_BAD;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t CurlFetcher::Transfer::OnHeader(char* data, std::size_t, std::size_t count,
                                            void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return transfer.TakeHeaderLine(std::string(data, count)) ? count : 0;
}

// Returns false to end the transfer.
bool CurlFetcher::Transfer::TakeHeaderLine(const std::string& line) {
  head_size += line.size();
  head_too_long = head_size > kMaxHttpHead;
  if (head_too_long) return false;
  if (absl::StartsWith(line, "HTTP/")) {
    fetched.status = 0;
    static_cast<void>(
        absl::SimpleAtoi(line.substr(std::min(line.size(), kStatusAt), 3), &fetched.status));
    return true;
  }
  if (line == "\r\n" || line == "\n") {
    enough = IsRedirect(fetched.status);
    return !enough;
  }
  // Of several the first one, as Let's Encrypt's client takes it; an interim response's is
  // nobody's.
  if (fetched.status >= kFirstFinal && !has_location &&
      absl::StartsWithIgnoreCase(line, "location:")) {
    has_location = true;
    fetched.location = std::string(absl::StripAsciiWhitespace(line.substr(line.find(':') + 1)));
  }
  return true;
}

std::size_t CurlFetcher::Transfer::OnBody(char* data, std::size_t, std::size_t count, void* user) {
  Fetched& fetched = static_cast<Transfer*>(user)->fetched;
  const std::size_t room = kMaxHttpBody - fetched.body.size();
  fetched.body.append(data, std::min(count, room));
  fetched.body_too_long = count > room;
  return fetched.body_too_long ? 0 : count;
}

bool CurlFetcher::Transfer::Prepare(const std::string& user_agent) {
  handle.reset(curl_easy_init());
  if (handle == nullptr) return false;
  SetConnection();
  return SetRequest(user_agent);
}

void CurlFetcher::Transfer::SetConnection() {
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // the environment must not choose one
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  // Else the system's CAs are read for every connection, to verify nothing.
  curl_easy_setopt(curl, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, Milliseconds(fetching.timeout));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(fetching.timeout));
}

bool CurlFetcher::Transfer::SetRequest(const std::string& user_agent) {
  CURL* curl = handle.get();
  const ServerAddress server{fetching.address, fetching.url.port};
  // "::<address>": whatever the URL names.
  connect_to.reset(curl_slist_append(nullptr, ("::" + server.ToString()).c_str()));
  headers.reset(curl_slist_append(nullptr, "Connection: close"));
  if (connect_to == nullptr || headers == nullptr) return false;
  curl_easy_setopt(curl, CURLOPT_CONNECT_TO, connect_to.get());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, fetching.url.tls ? "https" : "http");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, user_agent.c_str());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error.data());
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl, CURLOPT_PRIVATE, this);
  return curl_easy_setopt(curl, CURLOPT_URL, fetching.url.ToString().c_str()) == CURLE_OK;
}

void CurlFetcher::Transfer::Finish(CURLcode code) {
  curl_off_t connected_microseconds = 0;
  curl_off_t total_microseconds = 0;
  long os_error = 0;  // NOLINT(google-runtime-int): libcurl's type
  curl_easy_getinfo(handle.get(), CURLINFO_CONNECT_TIME_T, &connected_microseconds);
  curl_easy_getinfo(handle.get(), CURLINFO_TOTAL_TIME_T, &total_microseconds);
  curl_easy_getinfo(handle.get(), CURLINFO_OS_ERRNO, &os_error);
  fetched.round_trip_time = absl::Microseconds(total_microseconds);
  if (code == CURLE_OK || enough || fetched.body_too_long)
    return Give(Fetched::Kind::kAnswered, "");
  if (head_too_long) {
    return Give(Fetched::Kind::kMalformed,
                absl::StrFormat("the head of the answer is longer than %d octets", kMaxHttpHead));
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return Give(Fetched::Kind::kTimeout,
                connected_microseconds > 0 ? "it accepted the connection, but gave no whole answer"
                                           : "it did not accept a connection");
  }
  if (code == CURLE_COULDNT_CONNECT) {
    return Give(Fetched::Kind::kUnreachable,
                std::generic_category().message(static_cast<int>(os_error)));
  }
  Give(Fetched::Kind::kMalformed, error[0] != '\0' ? error.data() : curl_easy_strerror(code));
}

void CurlFetcher::Transfer::Give(Fetched::Kind kind, const std::string& note) {
  fetched.kind = kind;
  fetched.note = note;
  std::exchange(done, nullptr)(std::move(fetched));
}

}  // namespace probe
