#include "cert/dispatch/testing/fake_prober.h"

#include <cstdlib>
#include <memory>
#include <utility>

namespace cert::testing {

FakeProber::FakeProber(std::vector<std::string> perspectives)
    : perspectives_(std::move(perspectives)),
      script_([](const Question&, const std::string&) {
        View view;
        view.failure = "no answer was scripted";
        return view;
      }),
      pool_({.threads = 1, .queue_limit = 10'000}) {}

void FakeProber::Answer(Script script) {
  base::MutexLock lock(mutex_);
  script_ = std::move(script);
}

void FakeProber::Ask(Inquiry inquiry, Done done) {
  Evidence evidence;
  {
    base::MutexLock lock(mutex_);
    asked_.push_back(inquiry);
    for (const Question& question : inquiry.questions) {
      cert::Answer& answer = evidence.emplace_back();
      answer.question = question;
      for (const std::string& perspective : perspectives_) {
        answer.views.push_back(script_(question, perspective));
        answer.views.back().perspective = perspective;
      }
    }
  }
  const bool posted =
      pool_.Post([done = std::move(done), evidence = std::move(evidence)]() mutable {
        done(std::move(evidence));
      });
  if (!posted) std::abort();  // ten thousand unanswered inquiries: the test is wrong
}

std::vector<Inquiry> FakeProber::asked() const {
  base::MutexLock lock(mutex_);
  return asked_;
}

namespace {

View FromOneServer(observation::Outcome outcome, observation::Vote vote) {
  observation::Observation seen;
  seen.server = "ns1.example.test";
  seen.address = "127.0.0.1";
  seen.zone = "example.test";
  seen.outcome = outcome;
  seen.vote = vote;
  View view;
  view.worker = "fake";
  view.observations.push_back(std::move(seen));
  return view;
}

}  // namespace

View Agrees(const Question& question) {
  View view = FromOneServer(observation::Outcome::kMatch, observation::Vote::kAgree);
  view.observations[0].owner = question.name;
  // The votes of HTTP are web servers'.
  if (question.type == observation::RecordType::kHttp) {
    view.observations[0].server = question.name;
  }
  view.observations[0].values = question.expected_values;
  if (question.scope == observation::Scope::kAuthoritative) return view;
  observation::Observation resolver = view.observations[0];
  resolver.role = observation::ServerRole::kRecursive;
  resolver.server = "resolver";
  resolver.zone.clear();
  view.observations.push_back(std::move(resolver));
  return view;
}

View Disagrees(observation::Outcome outcome) {
  return FromOneServer(outcome, observation::Vote::kDisagree);
}

bool IsAboutTokens(const Question& question) {
  return question.type == observation::RecordType::kTxt && !question.expected_values.empty() &&
         !question.expected_values.front().starts_with("padlock-");
}

}  // namespace cert::testing
