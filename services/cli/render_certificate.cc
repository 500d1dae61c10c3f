#include "cli/render_certificate.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/render_check.h"
#include "cli/render_domain.h"
#include "cli/table.h"
#include "cli/text.h"

namespace cli {
namespace {

namespace pb = ::padlock::cert::v1;

std::string Names(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return Printable(absl::StrJoin(names, ", "));
}

std::string RenderOrder(const pb::Order& order) {
  std::string text = absl::StrFormat("Order %s\n", Printable(IdOf(order.name())));
  text +=
      absl::StrFormat("  state     %s\n", WordOf("STATE_", pb::Order::State_Name(order.state())));
  text += absl::StrFormat("  CA        %s\n", Printable(order.certificate_authority()));
  if (!order.url().empty()) text += absl::StrFormat("  URL       %s\n", Printable(order.url()));
  text += absl::StrFormat("  created   %s\n", FormatTime(order.create_time()));
  if (order.has_latest_check()) text += RenderCheck(order.latest_check());
  return text;
}

std::string RenderBackupLines(const pb::Certificate& certificate) {
  std::string text;
  if (!certificate.backup_of().empty()) {
    text += absl::StrFormat("  stands by for %s; it is not served\n",
                            Printable(IdOf(certificate.backup_of())));
  }
  if (!certificate.backup().empty()) {
    text += absl::StrFormat("  backup    %s\n", Printable(IdOf(certificate.backup())));
  }
  if (certificate.has_backup_use_time()) {
    text += absl::StrFormat("  serves    its backup since %s\n",
                            FormatTime(certificate.backup_use_time()));
  }
  return text;
}

std::string RenderPendingDeployment(const pb::Certificate& certificate) {
  if (!certificate.has_pending_deployment()) return "";
  const pb::PendingDeployment& pending = certificate.pending_deployment();
  std::string text =
      absl::StrFormat("  awaited   serial %s, since %s\n", Names(pending.serial_numbers()),
                      FormatTime(pending.issue_time()));
  if (pending.has_served_until_time()) {
    text += absl::StrFormat("  served    until then: what ends %s\n",
                            FormatTime(pending.served_until_time()));
  }
  return text;
}

std::string RenderSetAside(const pb::Certificate& certificate, absl::Time now) {
  std::string text;
  for (const pb::SetAsideName& name : certificate.set_aside()) {
    const absl::Time retry_time = ToTime(name.retry_time());
    const std::string retry =
        retry_time > now ? absl::StrFormat("tried again %s (%s)", FormatRelative(retry_time, now),
                                           FormatTime(name.retry_time()))
                         : "in the next order";
    text += absl::StrFormat(
        "  without   %s, refused %s; %s: %s\n", Printable(name.name()),
        name.refusals() == 1 ? "once" : absl::StrFormat("%d times", name.refusals()), retry,
        Printable(name.finding().sentence()));
  }
  return text;
}

}  // namespace

std::string CertificateStateWord(const pb::Certificate& certificate) {
  const std::string word = WordOf("STATE_", pb::Certificate::State_Name(certificate.state()));
  if (!certificate.has_order()) return word;
  return word + ": " + WordOf("STATE_", pb::Order::State_Name(certificate.order().state()));
}

std::string RenderCertificates(const std::vector<pb::Certificate>& certificates) {
  Table table({"NAMES", "STATE", "SERIAL", "EXPIRES", "ID"});
  for (const pb::Certificate& certificate : certificates) {
    const bool issued = certificate.has_issuance();
    const pb::Issuance& issuance = certificate.issuance();
    table.Add({Names(certificate.names()), CertificateStateWord(certificate),
               issued ? Printable(issuance.serial_number()) : "-",
               issued ? FormatTime(issuance.not_after_time()) : "-",
               Printable(IdOf(certificate.name()))});
  }
  return table.Render();
}

std::string RenderIssuance(const pb::Issuance& issuance) {
  std::string text = absl::StrFormat("Issued by %s\n", Printable(issuance.certificate_authority()));
  text += absl::StrFormat("  issuer    %s\n", Printable(issuance.issuer()));
  text += absl::StrFormat("  serial    %s\n", Printable(issuance.serial_number()));
  text += absl::StrFormat("  names     %s\n", Names(issuance.names()));
  text += absl::StrFormat("  valid     %s\n", FormatTime(issuance.not_before_time()));
  text += absl::StrFormat("  until     %s\n", FormatTime(issuance.not_after_time()));
  return text;
}

std::string RenderCertificate(const pb::Certificate& certificate, absl::Time now) {
  std::string text = absl::StrFormat("Certificate %s\n", Printable(IdOf(certificate.name())));
  text += absl::StrFormat("  names     %s\n", Names(certificate.names()));
  text += absl::StrFormat("  state     %s\n", CertificateStateWord(certificate));
  text += RenderSetAside(certificate, now);
  text += RenderPendingDeployment(certificate);
  text += RenderBackupLines(certificate);
  if (certificate.has_renew_time()) {
    text += absl::StrFormat("  renewal   %s\n", FormatTime(certificate.renew_time()));
  }
  if (!certificate.renewal_plan().explanation_url().empty()) {
    text += absl::StrFormat("  because   %s\n",
                            Printable(certificate.renewal_plan().explanation_url()));
  }
  text += absl::StrFormat("  next      %s\n", RenderNextAction(certificate.next_action(), now));
  if (certificate.has_finding()) text += "\n" + RenderFinding(certificate.finding());
  if (certificate.has_order()) text += "\n" + RenderOrder(certificate.order());
  if (certificate.has_issuance()) text += "\n" + RenderIssuance(certificate.issuance());
  return text;
}

}  // namespace cli
