// What one fetch says about an expected key authorization, as reading.h does for DNS answers.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "observation/observation.h"
#include "probe/core/fetcher.h"
#include "probe/core/http_url.h"
#include "probe/core/key_authorization.h"

namespace probe {

inline constexpr std::size_t kMaxRedirects = 10;

struct HttpReading {
  // Outcome, vote, values, clues, note and round-trip time. When `redirect` is set, only the last
  // of these: the votes are cast where it leads.
  observation::Observation observation = {};
  std::optional<HttpUrl> redirect = std::nullopt;
};

// `path`: the URLs that led there, the fetched one last.
//
// 200 with the key authorization, white space at its end aside (RFC 8555, 8.3), matches. 404 and
// 410 are 'no data': nothing is there. Any other status and body is a mismatch, since the server
// said what the CA will get too. Redirects are followed for 301, 302, 307 and 308 (Baseline
// Requirements, 3.2.2.4.19), at most kMaxRedirects; one that must not be followed is a mismatch
// that says why.
HttpReading ReadHttp(const Fetched& fetched, const std::vector<HttpUrl>& path,
                     const KeyAuthorization& expected, const HttpPorts& ports);

// There was nothing to read at the end of `path`, for this reason.
observation::Observation NoPage(observation::Outcome outcome, std::string note,
                                const std::vector<HttpUrl>& path);

// The one that decides what several say together: the first 'no', else the first 'could not tell'.
// There must be one at least.
const observation::Observation& Weakest(const std::vector<observation::Observation>& seen);

// At most `limit` octets of printable ASCII, ending in dots where there was more.
std::string Printable(const std::string& octets, std::size_t limit);

}  // namespace probe
