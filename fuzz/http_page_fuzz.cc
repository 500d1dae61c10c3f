// Key authorizations of checks, and what web servers answer instead of them.

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/require.h"
#include "probe/core/http_reading.h"
#include "probe/core/key_authorization.h"

namespace {

const probe::KeyAuthorization& Expected() {
  static const auto expected = *probe::KeyAuthorization::Parse(
      "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI");
  return expected;
}

void CheckParser(const std::string& text) {
  const auto parsed = probe::KeyAuthorization::Parse(text);
  if (!parsed.ok()) return;
  const std::string prefix = "/.well-known/acme-challenge/";
  const std::string path = parsed->Path();
  fuzz::Require(parsed->text() == text, "a key authorization is taken as it is");
  fuzz::Require(path.starts_with(prefix), "the path is the challenge's");
  fuzz::Require(path.find_first_of("./%?#\\ \r\n", prefix.size()) == std::string::npos,
                "a token is one segment of a path");
}

void CheckReader(const std::string& text) {
  const std::vector<probe::HttpUrl> path = {{.host = "www.shop.test"}};
  for (const int status : {200, 302, 404}) {
    const probe::Fetched fetched{.kind = probe::Fetched::Kind::kAnswered,
                                 .status = status,
                                 .location = text,
                                 .body = text,
                                 .note = text};
    const auto reading = probe::ReadHttp(fetched, path, Expected(), {});
    const observation::Observation& seen = reading.observation;
    const bool matches = seen.outcome == observation::Outcome::kMatch;
    fuzz::Require(!matches || (status == 200 && text.starts_with(Expected().text())),
                  "only the key authorization matches");
    fuzz::Require(seen.note.size() <= 512, "a note is bounded");
    for (const std::string& value : seen.values) {
      fuzz::Require(value.size() <= 512, "a value is bounded");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::Text(data, size);
  CheckParser(text);
  CheckReader(text);
  return 0;
}
