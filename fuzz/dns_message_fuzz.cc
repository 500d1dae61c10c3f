// DNS messages as servers send them, and what we send.

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/strings.h"
#include "fuzz/require.h"
#include "probe/core/answer_check.h"
#include "probe/core/dns_message.h"

namespace {

void CheckName(const probe::DnsName& name) {
  fuzz::Require(name.wire().size() <= 254, "a name is bounded");
  const auto parsed = probe::DnsName::Parse(name.ToString());
  fuzz::Require(parsed.ok() && *parsed == name, "a name's text is that name");
}

void CheckRecords(const std::vector<probe::Record>& records) {
  for (const probe::Record& record : records) {
    CheckName(record.owner);
    if (const auto* name = std::get_if<probe::DnsName>(&record.data)) CheckName(*name);
  }
}

// The question goes out and comes back.
void CheckQuestion(const probe::Question& question) {
  CheckName(question.name);
  const std::string query = probe::EncodeQuery(question, {.id = 7});
  const auto parsed = probe::ParseMessage(base::AsBytes(query));
  fuzz::Require(parsed.ok() && parsed->question == question, "a query asks its question");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string query = probe::EncodeQuery(
      {.name = *probe::DnsName::Parse("a.test"), .type = probe::RrType::kTxt}, {.id = 7});
  const auto message = probe::ParseMessage({data, size});
  const probe::AnswerCheck check = probe::CheckAnswer(base::AsBytes(query), {data, size});
  fuzz::Require(check == probe::AnswerCheck::kShort || size >= probe::kDnsHeaderLength,
                "an answer has a header");
  if (!message.ok()) return 0;
  fuzz::Require(
      message->answers.size() + message->authority.size() + message->additional.size() <= 2048,
      "records are bounded");
  CheckRecords(message->answers);
  CheckRecords(message->authority);
  CheckRecords(message->additional);
  if (message->question) CheckQuestion(*message->question);
  return 0;
}
