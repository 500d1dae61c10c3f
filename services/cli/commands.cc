#include "cli/commands.h"

#include <sys/stat.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/files.h"
#include "cli/json.h"
#include "cli/render_certificate.h"
#include "cli/render_domain.h"
#include "cli/text.h"

namespace cli {
namespace {

namespace pb = ::padlock::cert::v1;

constexpr mode_t kPrivate = S_IRUSR | S_IWUSR;
constexpr mode_t kPublic = kPrivate | S_IRGRP | S_IROTH;

// A value of an enum as users write it; an empty word is unspecified.
template <typename Enum>
absl::StatusOr<Enum> ParseWord(const char* option, const std::string& prefix,
                               const std::string& word, bool (*parse)(const std::string&, Enum*)) {
  if (word.empty()) return Enum{};
  std::string name = prefix + absl::AsciiStrToUpper(word);
  for (char& c : name) c = c == '-' ? '_' : c;
  Enum value{};
  if (parse(name, &value)) return value;
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: \"%s\" is not known", option, Printable(word)));
}

absl::StatusOr<pb::Certificate::State> ParseState(const std::string& word) {
  return ParseWord<pb::Certificate::State>("--state", "STATE_", word, pb::Certificate::State_Parse);
}

absl::Status WriteOut(Context& context, const std::string& file, const std::string& content,
                      mode_t mode) {
  if (file != "-") return WriteFile(file, content, mode);
  context.out << content;
  return absl::OkStatus();
}

bool IsCertificate(const std::string& word) {
  return word.starts_with("crt_") || word.find("/certificates/") != std::string::npos;
}

// Each with the records that it must have.
absl::Status ShowDomains(Context& context, const pb::Certificate& certificate) {
  for (const std::string& name : certificate.domains()) {
    ASSIGN_OR_RETURN(const pb::Domain domain, context.client.GetDomain(name));
    context.out << (context.json ? ToJsonLine(domain) : "\n" + RenderDomain(domain, context.now));
  }
  return absl::OkStatus();
}

absl::Status ShowBackup(Context& context, const pb::Certificate& certificate) {
  if (certificate.backup().empty()) return absl::OkStatus();
  const absl::StatusOr<pb::Certificate> backup =
      context.client.GetCertificate(certificate.backup());
  if (absl::IsNotFound(backup.status())) return absl::OkStatus();  // used a moment ago
  RETURN_IF_ERROR(backup.status());
  context.out << (context.json ? ToJsonLine(*backup)
                               : "\nBackup\n" + RenderCertificate(*backup, context.now));
  return absl::OkStatus();
}

absl::Status ShowCertificate(Context& context, const std::string& word) {
  ASSIGN_OR_RETURN(const std::string name, context.client.FindCertificate(word));
  ASSIGN_OR_RETURN(const pb::Certificate certificate, context.client.GetCertificate(name));
  context.out << (context.json ? ToJsonLine(certificate)
                               : RenderCertificate(certificate, context.now));
  RETURN_IF_ERROR(ShowBackup(context, certificate));
  return ShowDomains(context, certificate);
}

}  // namespace

absl::StatusOr<pb::KeyType> ParseKeyType(const std::string& word) {
  return ParseWord<pb::KeyType>("--key-type", "KEY_TYPE_", word, pb::KeyType_Parse);
}

absl::StatusOr<pb::RevocationReason> ParseReason(const std::string& word) {
  return ParseWord<pb::RevocationReason>("--reason", "REVOCATION_REASON_", word,
                                         pb::RevocationReason_Parse);
}

absl::Status Add(Context& context, Client::NewDomain domain, const KeyOptions& keys) {
  ASSIGN_OR_RETURN(domain.key_type, ParseKeyType(keys.type));
  if (!keys.csr_file.empty()) {
    ASSIGN_OR_RETURN(domain.csr_pem, base::ReadFile(keys.csr_file));
  }
  ASSIGN_OR_RETURN(const pb::Domain added, context.client.CreateDomain(domain));
  if (context.json) {
    context.out << ToJsonLine(added);
    return absl::OkStatus();
  }
  context.out << absl::StrFormat("%s is added as %s.\n\n", Printable(added.hostname()),
                                 Printable(IdOf(added.name())))
              << RenderRecords(added)
              << absl::StrFormat("\nNext look %s\n",
                                 RenderNextAction(added.next_action(), context.now));
  return absl::OkStatus();
}

absl::Status List(Context& context, const std::string& state) {
  ASSIGN_OR_RETURN(const auto wanted, ParseWord<pb::Domain::State>("--state", "STATE_", state,
                                                                   pb::Domain::State_Parse));
  ASSIGN_OR_RETURN(const std::vector<pb::Domain> domains,
                   context.client.ListDomains({.state = wanted}));
  if (!context.json) {
    context.out << RenderDomains(domains);
    return absl::OkStatus();
  }
  for (const pb::Domain& domain : domains) context.out << ToJsonLine(domain);
  return absl::OkStatus();
}

absl::Status Order(Context& context, const Client::NewCertificate& certificate) {
  ASSIGN_OR_RETURN(const pb::Certificate made, context.client.CreateCertificate(certificate));
  context.out << (context.json ? ToJsonLine(made)
                               : absl::StrFormat("The certificate is made as %s.\n",
                                                 Printable(IdOf(made.name()))));
  return ShowDomains(context, made);
}

absl::Status ChangeMethod(Context& context, const std::string& domain, const std::string& method) {
  ASSIGN_OR_RETURN(const std::string name, context.client.FindDomain(domain));
  ASSIGN_OR_RETURN(const pb::Domain changed, context.client.ChangeDomainMethod(name, method));
  context.out << (context.json ? ToJsonLine(changed) : RenderRecords(changed));
  return absl::OkStatus();
}

absl::Status Show(Context& context, const std::string& domain) {
  if (IsCertificate(domain)) return ShowCertificate(context, domain);
  ASSIGN_OR_RETURN(const std::string name, context.client.FindDomain(domain));
  ASSIGN_OR_RETURN(const pb::Domain shown, context.client.GetDomain(name));
  // A domain that is being deleted has no certificate any more, and others never had one.
  const absl::StatusOr<pb::Certificate> certificate =
      shown.certificate().empty() ? absl::NotFoundError("none of its own")
                                  : context.client.GetCertificate(shown.certificate());
  ASSIGN_OR_RETURN(const pb::DiagnoseDomainResponse diagnosis, context.client.DiagnoseDomain(name));
  if (!certificate.ok() && !absl::IsNotFound(certificate.status())) return certificate.status();
  context.out << (context.json ? ToJsonLine(shown) : RenderDomain(shown, context.now));
  if (certificate.ok()) {
    context.out << (context.json ? ToJsonLine(*certificate)
                                 : "\n" + RenderCertificate(*certificate, context.now));
    RETURN_IF_ERROR(ShowBackup(context, *certificate));
  }
  context.out << (context.json
                      ? ToJsonLine(diagnosis)
                      : RenderOthers(diagnosis, shown.finding(),
                                     certificate.ok() ? certificate->finding() : pb::Finding()));
  return absl::OkStatus();
}

absl::Status Diagnose(Context& context, const std::string& domain, bool fresh) {
  ASSIGN_OR_RETURN(const std::string name, context.client.FindDomain(domain));
  ASSIGN_OR_RETURN(const pb::DiagnoseDomainResponse diagnosis,
                   context.client.DiagnoseDomain(name, fresh));
  context.out << (context.json ? ToJsonLine(diagnosis) : RenderDiagnosis(diagnosis, context.now));
  return absl::OkStatus();
}

absl::Status Recheck(Context& context, const std::string& domain) {
  ASSIGN_OR_RETURN(const std::string name, context.client.FindDomain(domain));
  ASSIGN_OR_RETURN(const pb::Domain rechecked, context.client.RecheckDomain(name));
  if (context.json) {
    context.out << ToJsonLine(rechecked);
  } else {
    context.out << absl::StrFormat("%s is looked at again %s\n", Printable(rechecked.hostname()),
                                   RenderNextAction(rechecked.next_action(), context.now));
  }
  return absl::OkStatus();
}

absl::Status Revoke(Context& context, const std::string& domain, const RevokeOptions& options) {
  ASSIGN_OR_RETURN(const std::string name, context.client.FindCertificate(domain));
  Client::Revocation revocation{.certificate = name};
  ASSIGN_OR_RETURN(revocation.reason, ParseReason(options.reason));
  if (!options.proof_file.empty()) {
    ASSIGN_OR_RETURN(revocation.proof_pem, base::ReadFile(options.proof_file));
  }
  ASSIGN_OR_RETURN(const pb::Certificate certificate, context.client.RevokeCertificate(revocation));
  context.out << (context.json
                      ? ToJsonLine(certificate)
                      : absl::StrFormat("%s is being revoked and replaced\n",
                                        Printable(certificate.issuance().serial_number())));
  return absl::OkStatus();
}

absl::Status Confirm(Context& context, const std::string& domain, const std::string& serial) {
  ASSIGN_OR_RETURN(const std::string name, context.client.FindCertificate(domain));
  ASSIGN_OR_RETURN(const pb::Certificate certificate,
                   context.client.ConfirmDeployment(name, serial));
  context.out << (context.json
                      ? ToJsonLine(certificate)
                      : absl::StrFormat("%s is served; the certificate is %s\n", Printable(serial),
                                        CertificateStateWord(certificate)));
  return absl::OkStatus();
}

absl::Status Delete(Context& context, const std::string& domain, bool revoke) {
  const bool certificate = IsCertificate(domain);
  ASSIGN_OR_RETURN(const std::string name, certificate ? context.client.FindCertificate(domain)
                                                       : context.client.FindDomain(domain));
  RETURN_IF_ERROR(certificate ? context.client.DeleteCertificate(name, revoke)
                              : context.client.DeleteDomain(name, revoke));
  if (!context.json) context.out << absl::StrFormat("%s is deleted\n", Printable(IdOf(name)));
  return absl::OkStatus();
}

absl::Status Fetch(Context& context, const std::string& domain, const FetchFiles& files) {
  ASSIGN_OR_RETURN(const std::string name, context.client.FindCertificate(domain));
  const bool with_key = !files.key.empty();
  ASSIGN_OR_RETURN(const pb::KeyType type, ParseKeyType(files.key_type));
  ASSIGN_OR_RETURN(const pb::FetchIssuanceResponse fetched,
                   context.client.FetchIssuance(name, with_key, type));
  RETURN_IF_ERROR(WriteOut(context, files.chain, fetched.certificate_chain_pem(), kPublic));
  if (with_key) {
    RETURN_IF_ERROR(WriteOut(context, files.key, fetched.private_key_pem(), kPrivate));
  }
  if (files.chain == "-" || files.key == "-") return absl::OkStatus();
  context.out << (context.json ? ToJsonLine(fetched.issuance())
                               : RenderIssuance(fetched.issuance()));
  return absl::OkStatus();
}

absl::Status ListCertificates(Context& context, const std::string& state) {
  ASSIGN_OR_RETURN(const pb::Certificate::State wanted, ParseState(state));
  ASSIGN_OR_RETURN(const std::vector<pb::Certificate> certificates,
                   context.client.ListCertificates(wanted));
  if (!context.json) {
    context.out << RenderCertificates(certificates);
    return absl::OkStatus();
  }
  for (const pb::Certificate& certificate : certificates) context.out << ToJsonLine(certificate);
  return absl::OkStatus();
}

}  // namespace cli
