// Replies of the delegation zone's servers.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cert/publication/dns_message.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cert::TsigKey key{.name = "acme-key", .secret_base64 = "c2VjcmV0c2VjcmV0"};
  static const std::string query = cert::BuildTxtQuery("a.dcv.test", 7);
  static const cert::SignedMessage update = *cert::BuildUpdate(
      {.zone = "dcv.test", .id = 7},
      std::vector<cert::TxtRecord>{{.name = "a.dcv.test", .value = "token"}}, key);
  const std::string reply = fuzz::Text(data, size);
  const auto answer = cert::ParseTxtReply(reply, query);
  if (answer.ok()) fuzz::Require(answer->values.size() <= size, "values come from the reply");
  fuzz::Require(!cert::CheckUpdateReply(reply, update, key).ok(), "no signature is guessed");
  return 0;
}
