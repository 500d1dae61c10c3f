#include "cert/core/authority_choice.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/enum_names.h"
#include "cert/core/expiry.h"

namespace cert {
namespace {

constexpr absl::Duration kLimitPatience = absl::Minutes(15);
constexpr int kTriesBeforeOrder = 3;
constexpr int kTriesWithOrder = 10;
constexpr int kTriesWithOrderInLastDay = 3;

constexpr base::EnumNames<CaTrouble, 4> kTroubleNames{{
    {CaTrouble::kDown, "DOWN"},
    {CaTrouble::kCaaForbids, "CAA_FORBIDS"},
    {CaTrouble::kOrderFailed, "ORDER_FAILED"},
    {CaTrouble::kRefusesNames, "REFUSES_NAMES"},
}};

// What keeps us from asking one CA.
struct Obstacle {
  absl::Time end_time = absl::InfinitePast();
  bool passed_over = false;  // for the next CA
  std::string reason;
};

std::string ReasonOf(const CaFailure& failure) {
  switch (failure.trouble) {
    case CaTrouble::kDown:
      return absl::StrFormat("the CA %s does not answer as it should", failure.ca);
    case CaTrouble::kCaaForbids:
      return absl::StrFormat("the CAA records do not let the CA %s issue", failure.ca);
    case CaTrouble::kOrderFailed:
      return absl::StrFormat("the last order at the CA %s failed", failure.ca);
    case CaTrouble::kRefusesNames:
      return absl::StrFormat("the CA %s refuses the certificate", failure.ca);
  }
  return "";
}

// The one of two that ends later; it is passed over if either is.
Obstacle Later(Obstacle a, Obstacle b) {
  const bool passed_over = a.passed_over || b.passed_over;
  Obstacle later = a.end_time >= b.end_time ? std::move(a) : std::move(b);
  later.passed_over = passed_over;
  return later;
}

Obstacle ObstacleAt(const AuthorityState& state, absl::Time now) {
  Obstacle worst;
  const auto add = [&](Obstacle obstacle) {
    if (obstacle.end_time > now) worst = Later(std::move(worst), std::move(obstacle));
  };
  if (state.failure) {
    add({.end_time = state.failure->retry_time,
         .passed_over = state.failure->trouble != CaTrouble::kOrderFailed,
         .reason = ReasonOf(*state.failure)});
  }
  if (state.health.failures >= kDownFailures) {
    add({.end_time = state.health.failure_time + kDownPause,
         .passed_over = true,
         .reason = ReasonOf({.ca = state.ca, .trouble = CaTrouble::kDown})});
  }
  if (state.limit) {
    add({.end_time = state.limit->end_time,
         .passed_over = state.limit->end_time - now > kLimitPatience,
         .reason = absl::StrFormat("the CA %s is at a limit: %s", state.ca, state.limit->reason)});
  }
  return worst;
}

// Those whose tokens live long enough, where there are any; in the last day the others after them.
std::vector<AuthorityState> Candidates(std::vector<AuthorityState> allowed, bool last_day) {
  const auto brief =
      std::stable_partition(allowed.begin(), allowed.end(),
                            [](const AuthorityState& state) { return !state.tokens_too_brief; });
  const bool others_do = brief != allowed.begin();
  if (others_do && !last_day) allowed.erase(brief, allowed.end());
  return allowed;
}

// Why the first CA is not asked, if that is for its tokens.
std::string BriefTokens(const std::vector<AuthorityState>& allowed,
                        const std::vector<AuthorityState>& candidates) {
  if (allowed.empty() || allowed.front().ca == candidates.front().ca) return "";
  return absl::StrFormat(
      "the tokens of the CA %s live for less than the 72 hours that a customer may need",
      allowed.front().ca);
}

}  // namespace

const char* CaTroubleName(CaTrouble trouble) { return base::NameIn(kTroubleNames, trouble); }

std::optional<CaTrouble> ParseCaTrouble(const std::string& name) {
  return base::ValueIn(kTroubleNames, name);
}

AuthorityChoice ChooseAuthority(const std::vector<AuthorityState>& allowed, absl::Time now,
                                std::optional<absl::Time> expire_time) {
  const bool last_day = IsLastDay(now, expire_time);
  const std::vector<AuthorityState> candidates = Candidates(allowed, last_day);
  AuthorityChoice soonest{.ca = "", .time = absl::InfiniteFuture(), .reason = ""};
  std::string first_reason = BriefTokens(allowed, candidates);
  for (const AuthorityState& state : candidates) {
    Obstacle obstacle = ObstacleAt(state, now);
    if (obstacle.end_time <= now) return {.ca = state.ca, .time = now, .reason = first_reason};
    if (first_reason.empty()) first_reason = obstacle.reason;
    if (soonest.ca.empty() || obstacle.end_time < soonest.time) {
      soonest = {.ca = state.ca, .time = obstacle.end_time, .reason = obstacle.reason};
    }
    // An earlier CA that was passed over may be back before this one.
    if (!obstacle.passed_over && !last_day) return soonest;
  }
  return soonest;
}

bool LeavesDownAuthority(bool order_is_made, int tries, const CaHealth& health, bool last_day) {
  if (order_is_made) return tries >= (last_day ? kTriesWithOrderInLastDay : kTriesWithOrder);
  return tries >= kTriesBeforeOrder || health.failures >= kDownFailures || last_day;
}

bool LeavesLimitedAuthority(int tries, absl::Duration wait) {
  return wait > kLimitPatience || tries >= kTriesWithOrder;
}

void NoteFailure(CaFailure failure, std::vector<CaFailure>& failures) {
  const auto earlier = std::ranges::find(failures, failure.ca, &CaFailure::ca);
  if (earlier == failures.end()) return failures.push_back(std::move(failure));
  if (earlier->trouble == failure.trouble) failure.count = earlier->count + 1;
  *earlier = std::move(failure);
}

std::vector<std::string> AllowedAuthorities(const std::vector<std::string>& allowed,
                                            const std::vector<std::string>& configured) {
  if (allowed.empty()) return configured;
  std::vector<std::string> usable;
  for (const std::string& ca : allowed) {
    if (std::ranges::find(configured, ca) != configured.end()) usable.push_back(ca);
  }
  return usable;
}

}  // namespace cert
