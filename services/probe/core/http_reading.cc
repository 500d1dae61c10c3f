#include "probe/core/http_reading.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "probe/core/dns_name.h"
#include "probe/core/reading.h"

namespace probe {
namespace {

using observation::Clue;
using observation::Observation;
using observation::Outcome;
using observation::Vote;

constexpr int kOk = 200;
constexpr int kNotFound = 404;
constexpr int kGone = 410;
// 303 (See Other) is no alternative address of the resource, and no CA follows it.
constexpr std::array kFollowed = {301, 302, 307, 308};
constexpr std::size_t kShownBody = 512;
constexpr std::size_t kShownUrl = 150;

void Conclude(Outcome outcome, std::string note, Observation& observation) {
  observation.outcome = outcome;
  observation.vote = VoteFor(outcome);
  observation.note = std::move(note);
}

Outcome OutcomeOf(Fetched::Kind kind) {
  switch (kind) {
    case Fetched::Kind::kTimeout:
      return Outcome::kTimeout;
    case Fetched::Kind::kUnreachable:
      return Outcome::kUnreachable;
    case Fetched::Kind::kNotFetched:
      return Outcome::kNotAsked;
    case Fetched::Kind::kMalformed:
    case Fetched::Kind::kAnswered:
      break;
  }
  return Outcome::kMalformed;
}

// The key authorization may stand there in a wrapping that no CA looks through.
void ExplainBody(const std::string& body, const std::string& expected, Observation& observation) {
  const std::string stripped(absl::StripAsciiWhitespace(body));
  if (stripped == expected) {
    observation.clues.push_back(Clue::kValueSpaced);
    observation.note += ": there is white space before it";
  } else if (stripped == "\"" + expected + "\"") {
    observation.clues.push_back(Clue::kValueQuoted);
    observation.note += ": there are quotes around it";
  } else if (absl::EqualsIgnoreCase(stripped, expected)) {
    observation.clues.push_back(Clue::kValueCase);
    observation.note += ": the letter case differs";
  } else if (stripped == "\xef\xbb\xbf" + expected) {
    observation.note += ": there is a byte order mark before it";
  }
}

void ReadBody(const Fetched& fetched, const std::string& expected, Observation& observation) {
  if (fetched.body_too_long) {
    return Conclude(Outcome::kMismatch,
                    absl::StrFormat("status 200, but more than %d octets", kMaxHttpBody),
                    observation);
  }
  if (absl::StripTrailingAsciiWhitespace(fetched.body) == expected) {
    return Conclude(Outcome::kMatch, "status 200", observation);
  }
  Conclude(Outcome::kMismatch, "status 200, but not the key authorization", observation);
  ExplainBody(fetched.body, expected, observation);
}

void ReadRedirect(const Fetched& fetched, const std::vector<HttpUrl>& path, const HttpPorts& ports,
                  HttpReading& reading) {
  const auto refuse = [&](const std::string& why) {
    Conclude(Outcome::kMismatch,
             absl::StrFormat("status %d to \"%s\", which is not followed: %s", fetched.status,
                             Printable(fetched.location, kShownUrl), why),
             reading.observation);
  };
  absl::StatusOr<HttpUrl> target = ResolveLocation(path.back(), fetched.location, ports);
  if (!target.ok()) return refuse(std::string(target.status().message()));
  if (std::ranges::find(path, *target) != path.end()) return refuse("the redirects are a loop");
  if (path.size() > kMaxRedirects) {
    return refuse(absl::StrFormat("there were %d redirects before", kMaxRedirects));
  }
  reading.redirect = *std::move(target);
}

// Where a page that was redirected to is, before what it says.
void PrependWay(const std::vector<HttpUrl>& path, Observation& observation) {
  const std::size_t redirects = path.size() - 1;
  if (redirects == 0) return;
  observation.note =
      absl::StrFormat("after %d redirect%s, at %s: %s", redirects, redirects == 1 ? "" : "s",
                      Printable(path.back().ToString(), kShownUrl), observation.note);
}

}  // namespace

std::string Printable(const std::string& octets, std::size_t limit) {
  // A few octets are enough of a long text: escaping only makes them more.
  std::string text = EscapeText(octets.substr(0, limit));
  if (text.size() <= limit && octets.size() <= limit) return text;
  text.resize(std::min(text.size(), limit - 3));
  return text + "...";
}

HttpReading ReadHttp(const Fetched& fetched, const std::vector<HttpUrl>& path,
                     const KeyAuthorization& expected, const HttpPorts& ports) {
  HttpReading reading;
  Observation& observation = reading.observation;
  observation.round_trip_time = fetched.round_trip_time;
  if (fetched.kind != Fetched::Kind::kAnswered) {
    Conclude(OutcomeOf(fetched.kind), Printable(fetched.note, kShownUrl), observation);
  } else if (std::ranges::find(kFollowed, fetched.status) != kFollowed.end()) {
    ReadRedirect(fetched, path, ports, reading);
  } else {
    if (!fetched.body.empty()) observation.values = {Printable(fetched.body, kShownBody)};
    if (fetched.status == kOk) {
      ReadBody(fetched, expected.text(), observation);
    } else {
      const bool nothing = fetched.status == kNotFound || fetched.status == kGone;
      Conclude(nothing ? Outcome::kNoData : Outcome::kMismatch,
               absl::StrFormat("status %d", fetched.status), observation);
    }
  }
  if (!reading.redirect) PrependWay(path, observation);
  return reading;
}

observation::Observation NoPage(observation::Outcome outcome, std::string note,
                                const std::vector<HttpUrl>& path) {
  Observation observation;
  Conclude(outcome, std::move(note), observation);
  PrependWay(path, observation);
  return observation;
}

const observation::Observation& Weakest(const std::vector<observation::Observation>& seen) {
  const auto rank = [](const Observation& observation) {
    if (observation.vote == Vote::kDisagree) return 0;
    return observation.vote == Vote::kCouldNotTell ? 1 : 2;
  };
  return *std::ranges::min_element(seen, {}, rank);
}

}  // namespace probe
