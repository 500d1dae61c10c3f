#include "bench/customer.h"

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cli/settings.h"

namespace bench {
namespace {

namespace pb = ::padlock::cert::v1;

constexpr int kRecordTtlSeconds = 5;

std::string Line(const pb::RequiredRecord& record) {
  const bool text = record.type() == "TXT";
  return absl::StrFormat("%s. %d %s %s", record.name(), kRecordTtlSeconds, record.type(),
                         text ? absl::StrFormat("\"%s\"", record.value()) : record.value() + ".");
}

}  // namespace

std::string ZoneOfOne(int customer) { return absl::StrFormat("customer%d.test", customer); }

std::vector<std::string> CustomerZones(int customers) {
  std::vector<std::string> zones = {kCustomersZone};
  for (int i = 0; i < customers; ++i) zones.push_back(ZoneOfOne(i));
  return zones;
}

absl::StatusOr<std::unique_ptr<cli::Client>> ConnectTo(lab::Lab& lab) {
  ASSIGN_OR_RETURN(const std::string config, lab.WriteCliConfig("bench", "operator"));
  ASSIGN_OR_RETURN(const cli::Settings settings, cli::LoadSettings(config));
  return cli::Client::Create(settings);
}

std::vector<std::string> ZoneLines(const pb::Domain& domain) {
  std::vector<std::string> lines;
  for (const pb::RequiredRecord& record : domain.records()) lines.push_back(Line(record));
  return lines;
}

}  // namespace bench
