#include "cli/render_domain.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "cli/render_check.h"
#include "cli/table.h"
#include "cli/text.h"

namespace cli {
namespace {

namespace pb = ::padlock::cert::v1;

std::string StateWord(const pb::Domain& domain) {
  return WordOf("STATE_", pb::Domain::State_Name(domain.state()));
}

std::string Title(const pb::Domain& domain) {
  const std::string host = Printable(domain.hostname());
  return domain.wildcard() ? absl::StrFormat("%s and *.%s", host, host) : host;
}

std::string ProblemWord(const pb::Domain& domain) {
  if (!domain.has_finding()) return "-";
  return WordOf("CODE_", pb::Finding::Code_Name(domain.finding().code()));
}

std::string TimeOr(bool is_set, const google::protobuf::Timestamp& time, const char* otherwise) {
  return is_set ? FormatTime(time) : otherwise;
}

}  // namespace

std::string RenderNextAction(const pb::NextAction& action, absl::Time now) {
  const std::string reason = Printable(action.reason());
  if (!action.has_time()) return reason;
  return absl::StrFormat("%s (%s): %s", FormatRelative(ToTime(action.time()), now),
                         FormatTime(action.time()), reason);
}

std::string RenderDomains(const std::vector<pb::Domain>& domains) {
  Table table({"HOST", "WILDCARD", "STATE", "PROBLEM", "ID"});
  for (const pb::Domain& domain : domains) {
    table.Add({Printable(domain.hostname()), domain.wildcard() ? "yes" : "no", StateWord(domain),
               ProblemWord(domain), Printable(IdOf(domain.name()))});
  }
  return table.Render();
}

std::string RenderRecords(const pb::Domain& domain) {
  const auto tokens = std::ranges::count(domain.records(), pb::RequiredRecord::PURPOSE_ACME_TOKEN,
                                         &pb::RequiredRecord::purpose);
  std::string text = "Records to create, and to leave in place:\n";
  if (domain.method() == pb::Domain::METHOD_TXT) {
    text = tokens == 0 ? "Records to create, and to leave in place; the CA's tokens follow:\n"
                       : "Records to create; those at _acme-challenge may go once issued:\n";
  } else if (domain.method() == pb::Domain::METHOD_HTTP) {
    text = "Records to create, and to leave in place; port 80 must lead to Padlock:\n";
  }
  for (const pb::RequiredRecord& record : domain.records()) {
    text += absl::StrFormat("  %s %s: %s\n", Printable(record.type()), Printable(record.name()),
                            DecisionWord(record.decision()));
    text += absl::StrFormat("    value      %s\n", Printable(record.value()));
    text += absl::StrFormat("    zone file  %s\n", Printable(record.zone_file_line()));
  }
  return text;
}

std::string RenderDiagnosis(const pb::DiagnoseDomainResponse& diagnosis, absl::Time now) {
  std::string text = "Not checked yet\n";
  if (diagnosis.fresh()) {
    text = absl::StrFormat("By a look at %s\n", FormatTime(diagnosis.check_time()));
  } else if (diagnosis.attempt() != 0) {
    text = absl::StrFormat("By check %d at %s\n", diagnosis.attempt(),
                           FormatTime(diagnosis.check_time()));
  }
  text += absl::StrFormat("Next look %s\n", RenderNextAction(diagnosis.next_action(), now));
  if (diagnosis.findings().empty()) return text + "\nNothing is wrong.\n";
  for (const pb::Finding& finding : diagnosis.findings()) text += "\n" + RenderFinding(finding);
  return text;
}

std::string RenderOthers(const pb::DiagnoseDomainResponse& diagnosis, const pb::Finding& of_domain,
                         const pb::Finding& of_certificate) {
  std::string text;
  for (const pb::Finding& finding : diagnosis.findings()) {
    const auto is = [&](const pb::Finding& told) {
      return told.code() == finding.code() && told.record_name() == finding.record_name();
    };
    if (!is(of_domain) && !is(of_certificate)) text += "\n" + RenderFinding(finding);
  }
  return text;
}

std::string RenderDomain(const pb::Domain& domain, absl::Time now) {
  std::string text = Title(domain) + "\n";
  text += absl::StrFormat("  id           %s\n", Printable(IdOf(domain.name())));
  text += absl::StrFormat("  state        %s\n", StateWord(domain));
  text += absl::StrFormat("  method       %s\n",
                          WordOf("METHOD_", pb::Domain::Method_Name(domain.method())));
  text += absl::StrFormat("  certificate  %s\n", domain.certificate().empty()
                                                     ? "none of its own"
                                                     : Printable(IdOf(domain.certificate())));
  text += absl::StrFormat("  created      %s\n", FormatTime(domain.create_time()));
  text += absl::StrFormat("  checked      %s, %d tries\n",
                          TimeOr(domain.has_check_time(), domain.check_time(), "not yet"),
                          domain.tries());
  text += absl::StrFormat("  proved       %s\n",
                          TimeOr(domain.has_prove_time(), domain.prove_time(), "not yet"));
  text += absl::StrFormat("  next         %s\n", RenderNextAction(domain.next_action(), now));
  text += "\n" + RenderRecords(domain);
  if (domain.has_finding()) text += "\n" + RenderFinding(domain.finding());
  if (domain.has_latest_check()) text += "\n" + RenderCheck(domain.latest_check());
  return text;
}

}  // namespace cli
