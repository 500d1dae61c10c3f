#include "cert/reconcile/domain_step.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "cert/core/diagnosis.h"
#include "cert/core/proof.h"
#include "cert/reconcile/claim_contest.h"
#include "cert/reconcile/coverage.h"
#include "cert/reconcile/domain_event.h"
#include "cert/reconcile/domain_trouble.h"

namespace cert {
namespace {

// A proved domain is looked at daily; after two days without an answer its owner is told.
constexpr absl::Duration kSilenceToTell = absl::Hours(48);

bool IsLooking(const Domain& domain) {
  return domain.progress.state == DomainState::kPending ||
         domain.progress.state == DomainState::kActive;
}

// The canary stands from the creation on; it is published again when it may have been lost.
bool NeedsCanary(const Domain& domain) {
  if (domain.method != ValidationMethod::kDelegation) return false;
  if (domain.progress.tries == 0 || !domain.finding) return true;
  return IsOurPublication(domain.finding->code);
}

absl::StatusOr<Domain> LoadDomain(const Services& services, const Lease& lease) {
  std::optional<Domain> domain;
  RETURN_IF_ERROR(services.store.Read(lease.tenant, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(domain, transaction.GetDomain(DomainId(lease.id)));
    return absl::OkStatus();
  }));
  return *std::move(domain);
}

// Whether the customer's zone is why a check could not tell. Silence of its nameservers may also be
// ours: that is told once it has lasted.
bool IsOfTheZone(const std::optional<Finding>& finding) {
  if (!finding) return false;
  switch (finding->code) {
    case FindingCode::kNameserversUnreachable:
    case FindingCode::kNameserverLame:
    case FindingCode::kDnssecBogus:
    case FindingCode::kNameserversMismatch:
    case FindingCode::kIpv6Fault:
    case FindingCode::kCnameLoop:
    case FindingCode::kHttpUnreachable:
      return true;
    default:
      return false;
  }
}

// What a finished check means, apart from the store.
struct Judgement {
  Decision decision = Decision::kCouldNotTell;
  std::optional<Finding> finding;
  std::optional<absl::Time> caches_expire_time;
};

Judgement JudgeProof(const Services& services, const Domain& domain, const Evidence& evidence,
                     const std::optional<EvidenceRecord>& earlier) {
  return {.decision = JudgeAll(evidence, services.options.policy),
          .finding = Diagnose(evidence, services.options.policy,
                              {.delegation_target = TargetOf(domain),
                               .delegation_zone = services.options.delegation_zone,
                               .earlier = earlier ? &earlier->answers : nullptr}),
          .caches_expire_time = CachesExpireTime(evidence)};
}

// Of a proved domain without its claim's record, which renewals do not need: what they do need
// comes first.
Judgement JudgeUpkeep(const Services& services, const Domain& domain, const Evidence& evidence,
                      const std::optional<Finding>& caa,
                      const std::optional<EvidenceRecord>& earlier, Judgement whole) {
  if (const Evidence rest = WithoutClaim(evidence); !rest.empty()) {
    Judgement upkeep = JudgeProof(services, domain, rest, earlier);
    upkeep.caches_expire_time = whole.caches_expire_time;
    if (upkeep.decision != Decision::kAgreed) return upkeep;
  }
  if (caa && whole.decision == Decision::kDisagreed) whole.finding = caa;
  return whole;
}

// The domain's event for a check that did not prove it.
DomainEvent AfterNo(const Services& services, const Domain& domain, const Judgement& judgement,
                    absl::Time now) {
  const Look look{.tries = domain.progress.tries + 1,
                  .start_time = domain.progress.start_time,
                  .caches_expire_time = judgement.caches_expire_time};
  const absl::Time next_look = NextLook(look, now, services.random.Fraction());
  // Not a try, and so not the last one either, unless it is the zone that does not tell.
  const bool nobody_tells =
      judgement.decision == Decision::kCouldNotTell && !IsOfTheZone(judgement.finding);
  if (nobody_tells) return CouldNotTell{.next_look = next_look};
  const bool pending = domain.progress.state == DomainState::kPending;
  if (pending && IsUsedUp(services.options.schedule, look, now)) return ScheduleUsedUp{};
  return NotProved{.next_look = next_look};
}

// The right is proved: it is ours unless somebody else holds it, and the certificate may go on.
absl::Status Prove(Transaction& transaction, Domain& domain) {
  const absl::Time now = transaction.now();
  const bool first = domain.progress.state == DomainState::kPending;
  if (domain.finding) {  // proved, but it would not be renewed
    RETURN_IF_ERROR(TellTrouble(transaction, domain));
  } else {
    TellWell(transaction, domain);
  }
  ASSIGN_OR_RETURN(domain.progress, Advance(domain.progress, Proved{}, now));
  domain.prove_time = now;
  if (first) {
    transaction.AppendEvent(
        DomainEventOf(domain, EventType::kDomainProved,
                      absl::StrFormat("Control of %s is proved.", domain.hostname)));
  }
  if (first) RETURN_IF_ERROR(WakeCertificatesSharing(transaction, domain));
  if (domain.certificate.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Certificate certificate, transaction.GetCertificate(domain.certificate));
  const bool waits = certificate.progress.state == CertificateState::kAwaitingDomain;
  const bool held_up = first && (certificate.progress.state == CertificateState::kOrdering ||
                                 certificate.progress.state == CertificateState::kRenewing);
  if (!waits && !held_up) return absl::OkStatus();
  const CertificateEvent event =
      waits ? CertificateEvent{DomainActive{}} : CertificateEvent{StillWaiting{.next_look = now}};
  ASSIGN_OR_RETURN(certificate.progress, Advance(certificate.progress, event, now));
  certificate.request_id = domain.request_id;
  return transaction.UpdateCertificate(certificate);
}

absl::Status Disprove(const Services& services, Transaction& transaction,
                      const Judgement& judgement, Domain& domain) {
  const absl::Time now = transaction.now();
  const DomainEvent event = AfterNo(services, domain, judgement, now);
  const bool was_active = domain.progress.state == DomainState::kActive;
  const bool lasts = IsOfTheZone(judgement.finding) && domain.prove_time &&
                     now - *domain.prove_time >= kSilenceToTell;
  if (was_active && (judgement.decision == Decision::kDisagreed || lasts)) {
    RETURN_IF_ERROR(TellTrouble(transaction, domain));
  }
  ASSIGN_OR_RETURN(domain.progress, Advance(domain.progress, event, now));
  if (std::holds_alternative<ScheduleUsedUp>(event)) {
    domain.finding = GaveUpFinding(judgement.finding);
    transaction.AppendEvent(
        DomainEventOf(domain, EventType::kDomainFailed, domain.finding->sentence));
  }
  return absl::OkStatus();
}

// `caa`: what keeps CAs from renewing it, if anything does.
absl::Status Apply(const Services& services, Transaction& transaction, const Evidence& evidence,
                   const std::optional<Finding>& caa, Domain& domain) {
  ASSIGN_OR_RETURN(const auto earlier, transaction.LatestEvidence(domain.id.text()));
  Judgement judgement = JudgeProof(services, domain, evidence, earlier);
  ASSIGN_OR_RETURN(
      const int attempt,
      transaction.PutEvidence(domain.id.text(), {.time = transaction.now(),
                                                 .decision = DecisionName(judgement.decision),
                                                 .answers = evidence}));
  domain.check_time = transaction.now();
  if (judgement.decision == Decision::kAgreed) {
    ASSIGN_OR_RETURN(const std::optional<ClaimRefusal> refusal,
                     ContendForClaim(transaction, domain, services.options.takeover_revocation));
    if (refusal) {
      // A wait is not a try, and so not the last one either.
      judgement = {.decision = refusal->waits ? Decision::kCouldNotTell : Decision::kDisagreed,
                   .finding = refusal->finding};
    } else {
      judgement.finding = caa;
    }
  } else {
    if (domain.progress.state == DomainState::kActive) {
      judgement = JudgeUpkeep(services, domain, evidence, caa, earlier, std::move(judgement));
    }
    ASSIGN_OR_RETURN(std::optional<Finding> notice, NoticeOn(transaction, domain));
    if (notice) judgement.finding = std::move(notice);
  }
  const bool news = domain.finding != judgement.finding;
  domain.finding = judgement.finding;
  Event checked = DomainEventOf(
      domain, EventType::kDomainChecked,
      judgement.finding ? judgement.finding->sentence
                        : "Every record is seen by every perspective that must see it.");
  checked.attempt = attempt;
  transaction.AppendEvent(std::move(checked));
  if (judgement.decision == Decision::kAgreed) return Prove(transaction, domain);
  RETURN_IF_ERROR(Disprove(services, transaction, judgement, domain));
  // A certificate of several names says what it waits for.
  return news ? WakeCertificatesSharing(transaction, domain) : absl::OkStatus();
}

// Whether it was asked for what proves the domain now: its method may have changed meanwhile.
bool IsAbout(const Evidence& evidence, const Domain& domain) {
  return std::ranges::equal(evidence, ProofQuestions(domain), {}, &Answer::question);
}

}  // namespace

StepResult DomainStep::Begin(const Lease& lease) {
  ASSIGN_OR_RETURN(const Domain domain, LoadDomain(services_, lease));
  if (IsTerminal(domain.progress.state)) {  // since it was claimed, as by another tenant's proof
    return Ending(services_.store.Finish(lease, [](Transaction&) { return absl::OkStatus(); }));
  }
  if (lease.claims > kMaxClaims) {
    CountParked(services_, lease);
    return Ending(Postpone(lease, domain, ParkedFinding(lease.claims), absl::Hours(1)));
  }
  if (!IsLooking(domain)) return Ending(Delete(lease, domain));
  if (NeedsCanary(domain)) {
    const absl::Status published = services_.publisher.Publish(
        {{.name = domain.delegation_target, .value = domain.canary_value}},
        OutsideDeadline(services_, lease));
    if (!published.ok()) {
      const absl::Duration pause = StepPause(domain.progress.tries, services_.random.Fraction());
      return Ending(
          Postpone(lease, domain, PublicationFinding(std::string(published.message())), pause));
    }
  }
  std::vector<Question> questions = ProofQuestions(domain);
  ASSIGN_OR_RETURN(std::vector<WatchedCa> cas, WatchedCas(services_, lease, domain));
  for (const WatchedCa& ca : cas) {
    questions.insert(questions.end(), ca.questions.begin(), ca.questions.end());
  }
  Inquiry inquiry{.tenant = domain.tenant,
                  .request_id = domain.request_id,
                  .questions = std::move(questions),
                  .timeout = std::min(services_.options.check_timeout,
                                      OutsideDeadline(services_, lease).Remaining())};
  auto finish = [this, lease, cas = std::move(cas)](const Evidence& evidence) -> StepResult {
    RETURN_IF_ERROR(FinishCheck(lease, cas, evidence));
    return nullptr;
  };
  return std::make_unique<Suspension>(
      Suspension{.until = std::move(inquiry), .then = std::move(finish)});
}

absl::Status DomainStep::FinishCheck(const Lease& lease, const std::vector<WatchedCa>& cas,
                                     const Evidence& evidence) {
  const std::optional<Finding> caa = JudgeWatched(cas, evidence, services_.options.policy);
  Domain domain;
  const absl::Status stored =
      services_.store.Finish(lease, [&](Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(domain, transaction.GetDomain(DomainId(lease.id)));
        const Evidence proof = WithoutCaa(evidence);
        // A deletion may have come between, or another method, which is looked for at once.
        if (IsLooking(domain) && IsAbout(proof, domain)) {
          RETURN_IF_ERROR(Apply(services_, transaction, proof, caa, domain));
        }
        return transaction.UpdateDomain(domain);
      });
  if (!stored.ok()) return stored;
  base::Log(base::LogLevel::kInfo, "domain checked",
            {{"request_id", domain.request_id},
             {"tenant", domain.tenant.text()},
             {"domain", domain.id.text()},
             {"state", StateName(domain.progress.state)},
             {"code", domain.finding ? FindingCodeName(domain.finding->code) : ""}});
  return absl::OkStatus();
}

absl::Status DomainStep::Delete(const Lease& lease, const Domain& domain) {
  const absl::Status withdrawn = services_.publisher.Withdraw(
      {{.name = domain.delegation_target, .value = domain.canary_value}},
      OutsideDeadline(services_, lease));
  if (!withdrawn.ok()) {
    return Postpone(lease, domain, PublicationFinding(std::string(withdrawn.message())),
                    StepPause(domain.progress.tries, services_.random.Fraction()));
  }
  return services_.store.Finish(lease, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Domain stored, transaction.GetDomain(domain.id));
    ASSIGN_OR_RETURN(stored.progress, Advance(stored.progress, Withdrawn{}, transaction.now()));
    transaction.AppendEvent(DomainEventOf(stored, EventType::kRecordsWithdrawn,
                                          "Our record was withdrawn from the delegation zone."));
    return transaction.UpdateDomain(stored);
  });
}

absl::Status DomainStep::Postpone(const Lease& lease, const Domain& domain, Finding finding,
                                  absl::Duration pause) {
  base::Log(base::LogLevel::kWarning, "domain set back",
            {{"request_id", domain.request_id},
             {"tenant", domain.tenant.text()},
             {"domain", domain.id.text()},
             {"code", FindingCodeName(finding.code)},
             {"error", finding.sentence}});
  return services_.store.Finish(lease, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Domain stored, transaction.GetDomain(domain.id));
    const absl::Time retry_time = transaction.now() + pause;
    const DomainEvent event = IsLooking(stored)
                                  ? DomainEvent{CouldNotTell{.next_look = retry_time}}
                                  : DomainEvent{WithdrawalFailed{.retry_time = retry_time}};
    ASSIGN_OR_RETURN(stored.progress, Advance(stored.progress, event, transaction.now()));
    stored.finding = finding;
    return transaction.UpdateDomain(stored);
  });
}

}  // namespace cert
