#include "cli/render_check.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/table.h"
#include "cli/text.h"

namespace cli {
namespace {

namespace pb = ::padlock::cert::v1;
using ::padlock::probe::v1::Observation;

std::string Values(const google::protobuf::RepeatedPtrField<std::string>& values) {
  std::vector<std::string> printable;
  for (const std::string& value : values) printable.push_back(Printable(value));
  return absl::StrJoin(printable, ", ");
}

std::string Server(const Observation& observation) {
  std::string server = Printable(observation.server());
  if (!observation.address().empty()) server += " (" + Printable(observation.address()) + ")";
  return server;
}

std::string Outcome(const Observation& observation) {
  return WordOf("OUTCOME_", padlock::probe::v1::Outcome_Name(observation.outcome()));
}

// What it saw, and what a person should know besides.
std::string Seen(const Observation& observation) {
  const std::string values = Values(observation.values());
  if (observation.note().empty()) return values;
  return values + (values.empty() ? "" : "; ") + Printable(observation.note());
}

std::string RecordTitle(const pb::RecordCheck& record) {
  return absl::StrFormat("%s %s: %s", Printable(record.type()), Printable(record.name()),
                         DecisionWord(record.decision()));
}

std::string RenderRecord(const pb::RecordCheck& record) {
  Table table({"PERSPECTIVE", "SERVER", "OUTCOME", "SEEN"});
  for (const pb::PerspectiveView& view : record.views()) {
    const std::string perspective = Printable(view.perspective());
    if (!view.failure().empty()) {
      table.Add({perspective, "-", "could not tell", Printable(view.failure())});
    }
    for (const Observation& observation : view.observations()) {
      table.Add({perspective, Server(observation), Outcome(observation), Seen(observation)});
    }
  }
  std::string text = absl::StrFormat("  %s\n", RecordTitle(record));
  text += absl::StrFormat("    expected  %s\n", Values(record.expected_values()));
  return table.empty() ? text : text + table.Render(4);
}

void AddLine(const char* label, const std::string& value, std::string& text) {
  if (!value.empty()) text += absl::StrFormat("  %-9s %s\n", label, value);
}

}  // namespace

std::string DecisionWord(pb::CheckAttempt::Decision decision) {
  if (decision == pb::CheckAttempt::DECISION_UNSPECIFIED) return "not checked yet";
  return WordOf("DECISION_", pb::CheckAttempt::Decision_Name(decision));
}

std::string RenderCheck(const pb::CheckAttempt& check) {
  std::string text = absl::StrFormat("Check %d at %s: %s\n", check.attempt(),
                                     FormatTime(check.time()), DecisionWord(check.decision()));
  for (const pb::RecordCheck& record : check.records()) text += RenderRecord(record);
  return text;
}

std::vector<std::string> CheckLines(const pb::CheckAttempt& check) {
  std::vector<std::string> lines;
  for (const pb::RecordCheck& record : check.records()) {
    const std::string subject =
        absl::StrFormat("%s %s", Printable(record.type()), Printable(record.name()));
    for (const pb::PerspectiveView& view : record.views()) {
      const std::string prefix =
          absl::StrFormat("  %s from %s: ", subject, Printable(view.perspective()));
      if (!view.failure().empty()) lines.push_back(prefix + Printable(view.failure()));
      for (const Observation& observation : view.observations()) {
        std::string line = prefix + Server(observation) + " says " + Outcome(observation);
        const std::string seen = Seen(observation);
        lines.push_back(seen.empty() ? line : line + ": " + seen);
      }
    }
    lines.push_back(absl::StrFormat("  %s", RecordTitle(record)));
  }
  return lines;
}

std::string RenderFinding(const pb::Finding& finding) {
  std::string text =
      absl::StrFormat("Problem: %s\n", WordOf("CODE_", pb::Finding::Code_Name(finding.code())));
  text += absl::StrFormat("  %s\n", Printable(finding.sentence()));
  if (!finding.record_name().empty()) {
    AddLine("record", Printable(finding.record_type()) + " " + Printable(finding.record_name()),
            text);
  }
  for (const std::string& server : finding.where()) AddLine("where", Printable(server), text);
  for (const std::string& value : finding.seen()) AddLine("seen", Printable(value), text);
  AddLine("expected", Printable(finding.expected()), text);
  AddLine("fix", Printable(finding.fix()), text);
  AddLine("as name", Printable(finding.fix_relative_name()), text);
  if (finding.has_next_look_time()) AddLine("next", FormatTime(finding.next_look_time()), text);
  return text;
}

}  // namespace cli
