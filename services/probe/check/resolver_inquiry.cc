#include "probe/check/resolver_inquiry.h"

#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "probe/core/prefetch.h"

namespace probe {
namespace {

using observation::Observation;
using observation::Outcome;

// A resolver's validation is a reason to say 'no' only if it was seen to work so recently.
constexpr absl::Duration kProofAge = absl::Minutes(1);
// For its answers to count as validated, or its failures as no sign of DNSSEC.
constexpr absl::Duration kKnownAge = absl::Minutes(10);

bool IsServerFailure(const Reply& reply) {
  return reply.kind == Reply::Kind::kAnswered && reply.message.rcode == kRcodeServerFailure;
}

bool IsServed(const Reply& reply) {
  return reply.kind == Reply::Kind::kAnswered && !reply.message.truncated &&
         (reply.message.rcode == kRcodeNoError || reply.message.rcode == kRcodeNameError);
}

// RFC 8914, 4.23 and 4.24: No Reachable Authority, Network Error.
bool ReachedNobody(const Reply& reply) {
  constexpr int kNoReachableAuthority = 22;
  constexpr int kNetworkError = 23;
  const std::optional<int>& code = reply.message.extended_error;
  return code == kNoReachableAuthority || code == kNetworkError;
}

void Conclude(Outcome outcome, std::string note, Observation& observation) {
  observation.outcome = outcome;
  observation.vote = VoteFor(outcome);
  observation.note = std::move(note);
}

}  // namespace

ResolverInquiry::ResolverInquiry(CheckEnvironment& environment, std::size_t index,
                                 std::shared_ptr<const Subject> subject)
    : environment_(environment),
      index_(index),
      begin_time_(environment.clock.TimeNow()),
      slot_{.subject = std::move(subject),
            .resolver = &environment.resolvers[index],
            .address = environment.resolvers[index].address} {}

void ResolverInquiry::Begin(std::weak_ptr<const void> owner, bool being_probed,
                            absl::AnyInvocable<void()> on_finished) {
  owner_ = std::move(owner);
  on_finished_ = std::move(on_finished);
  const bool probe = health().WantsProbe(begin_time_);
  if (health().healthy()) {
    if (probe) environment_.watch.Probe(environment_, index_, [] {});
    return Ask(/*checking_disabled=*/false, &ResolverInquiry::OnAnswer);
  }
  const bool probing = probe || environment_.watch.IsProbing(index_);
  if (probing && !being_probed) return Probe(&ResolverInquiry::AskIfHealthy);
  environment_.timers.After(absl::ZeroDuration(), [this, owner = owner_] {
    if (const auto alive = owner.lock(); alive && !closed_) AskIfHealthy();
  });
}

std::optional<bool> ResolverInquiry::Validates(absl::Duration age) const {
  const bool is_known = health().IsProved(environment_.clock.TimeNow(), age);
  return is_known ? health().validates() : std::nullopt;
}

// Goes on with `next` once the probe question is answered.
void ResolverInquiry::Probe(void (ResolverInquiry::*next)()) {
  environment_.watch.Probe(environment_, index_, [this, owner = owner_, next] {
    if (const auto alive = owner.lock(); alive && !closed_) (this->*next)();
  });
}

void ResolverInquiry::AskIfHealthy() {
  if (health().healthy()) return Ask(/*checking_disabled=*/false, &ResolverInquiry::OnAnswer);
  TakeNoAnswer(Outcome::kNotAsked,
               "this resolver fails every question at present, so it is not asked", slot_);
  Finish();
}

void ResolverInquiry::Ask(bool checking_disabled, Next next) {
  // Only the first question may be answered by another check's: the rest is about this failure.
  const absl::Duration max_age =
      slot_.done() ? absl::ZeroDuration() : environment_.clock.TimeNow() - begin_time_;
  environment_.asker.Ask({.server = slot_.address,
                          .question = slot_.subject->question,
                          .recursion_desired = true,
                          .checking_disabled = checking_disabled,
                          .timeout = environment_.query_timeout,
                          .max_age = max_age},
                         ToInquiry{this, owner_, next});
}

void ResolverInquiry::ToInquiry::operator()(const Reply& reply) const {
  const auto alive = owner.lock();
  if (alive && !inquiry->closed_) (inquiry->*next)(reply);
}

void ResolverInquiry::ToInquiry::Prefetch(int step) const {
  if (step == 0) PrefetchWhole(inquiry);
}

void ResolverInquiry::OnAnswer(const Reply& reply) {
  environment_.watch.TakeReply(environment_, index_, slot_.subject->question.name, reply);
  TakeReply(reply, environment_, slot_);
  if (!IsServerFailure(reply) || ReachedNobody(reply)) return Settle();
  Observation& failure = slot_.reading->observation;
  says_bogus_ = failure.outcome == Outcome::kBogus;
  Conclude(Outcome::kServfail, "", failure);  // until it is known better
  if (Validates(kKnownAge) == false) return says_bogus_ ? JudgeBogus() : Settle();
  Ask(/*checking_disabled=*/true, &ResolverInquiry::OnUncheckedAnswer);
}

void ResolverInquiry::OnUncheckedAnswer(const Reply& reply) {
  if (IsServed(reply)) {
    unchecked_ = std::make_unique<Reading>(
        ReadRecursive(reply.message, slot_.subject->question, *slot_.subject->expectation));
  }
  if (says_bogus_) return Prove();
  if (unchecked_) return Ask(/*checking_disabled=*/false, &ResolverInquiry::OnSecondAnswer);
  slot_.reading->observation.note = "it fails without DNSSEC validation too";
  Settle();
}

// The first failure may have passed by now, whatever it was.
void ResolverInquiry::OnSecondAnswer(const Reply& reply) {
  environment_.watch.TakeReply(environment_, index_, slot_.subject->question.name, reply);
  if (IsServerFailure(reply) && !ReachedNobody(reply)) return Prove();
  TakeReply(reply, environment_, slot_);
  Settle();
}

void ResolverInquiry::Prove() {
  if (!Validates(kProofAge)) return Probe(&ResolverInquiry::JudgeBogus);
  JudgeBogus();
}

void ResolverInquiry::JudgeBogus() {
  Observation& observation = slot_.reading->observation;
  if (Validates(kProofAge) != true) {
    Conclude(Outcome::kServfail,
             "this may be DNSSEC, but the resolver was not seen to validate anything", observation);
    return Finish();
  }
  std::string note = "DNSSEC validation fails";
  if (says_bogus_)
    absl::StrAppendFormat(&note, " (extended error %d)", *observation.extended_error);
  if (unchecked_) {
    Observation& unchecked = unchecked_->observation;
    absl::StrAppendFormat(&note, "; without it the outcome is %s",
                          observation::OutcomeName(unchecked.outcome));
    observation.owner = std::move(unchecked.owner);
    observation.cname_chain = std::move(unchecked.cname_chain);
    observation.values = std::move(unchecked.values);
  }
  Conclude(Outcome::kBogus, std::move(note), observation);
  Finish();
}

// The answer is there; whether the resolver validates may still have to be found out.
void ResolverInquiry::Settle() {
  if (!Validates(kKnownAge) && environment_.watch.IsProbing(index_)) {
    return Probe(&ResolverInquiry::Finish);
  }
  Finish();
}

void ResolverInquiry::Finish() {
  finished_ = true;
  if (on_finished_) std::exchange(on_finished_, nullptr)();
}

void ResolverInquiry::Close(Observation& out) {
  on_finished_ = nullptr;
  closed_ = true;
  TakeObservation(environment_, slot_, out);
  out.validating = Validates(kKnownAge).value_or(false);
}

}  // namespace probe
