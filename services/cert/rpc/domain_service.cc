#include "cert/rpc/domain_service.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "base/status_macros.h"
#include "cert/rpc/from_proto.h"
#include "cert/rpc/page_room.h"
#include "cert/rpc/page_token.h"
#include "cert/rpc/to_proto.h"
#include "padlock/cert/v1/domain_service.grpc.pb.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::google::protobuf::Empty;
using ::grpc::CallbackServerContext;
using ::grpc::ServerUnaryReactor;

class DomainService final : public pb::DomainService::CallbackService {
 public:
  DomainService(Domains& domains, Diagnoses& diagnoses, CallRunner& runner, AgreementPolicy policy)
      : domains_(domains), diagnoses_(diagnoses), runner_(runner), policy_(std::move(policy)) {}

  ServerUnaryReactor* CreateDomain(CallbackServerContext* context,
                                   const pb::CreateDomainRequest* request,
                                   pb::Domain* response) override {
    return runner_.Run(
        context, "CreateDomain", *request, [=, this](const Caller& caller) -> absl::Status {
          ASSIGN_OR_RETURN(const CreateDomainInput input, FromProto(*request));
          ASSIGN_OR_RETURN(const DomainDetails details, domains_.Create(caller, input));
          *response = ToProto(details, policy_);
          return absl::OkStatus();
        });
  }

  ServerUnaryReactor* GetDomain(CallbackServerContext* context, const pb::GetDomainRequest* request,
                                pb::Domain* response) override {
    return runner_.Run(
        context, "GetDomain", *request, [=, this](const Caller& caller) -> absl::Status {
          ASSIGN_OR_RETURN(const bool with_evidence, WantsEvidence(request->view()));
          const DomainView view = with_evidence ? DomainView::kWithEvidence : DomainView::kBasic;
          ASSIGN_OR_RETURN(const DomainDetails details,
                           domains_.Get(caller, request->name(), view));
          *response = ToProto(details, policy_);
          return absl::OkStatus();
        });
  }

  ServerUnaryReactor* ListDomains(CallbackServerContext* context,
                                  const pb::ListDomainsRequest* request,
                                  pb::ListDomainsResponse* response) override {
    return runner_.Run(
        context, "ListDomains", *request, [=, this](const Caller& caller) -> absl::Status {
          ASSIGN_OR_RETURN(const DomainList list, FromProto(*request));
          ASSIGN_OR_RETURN(const Page<DomainDetails> listed,
                           domains_.List(caller, request->parent(), list.filter, list.page));
          PageRoom room;
          std::size_t shown = 0;
          for (const DomainDetails& details : listed.items) {
            pb::Domain item = ToProto(details, policy_);
            if (!room.Takes(item.ByteSizeLong())) break;
            *response->add_domains() = std::move(item);
            ++shown;
          }
          if (listed.has_more || shown < listed.items.size()) {
            response->set_next_page_token(
                MakePageToken(ListOf(*request), listed.items[shown - 1].domain.id.text()));
          }
          return absl::OkStatus();
        });
  }

  ServerUnaryReactor* DiagnoseDomain(CallbackServerContext* context,
                                     const pb::DiagnoseDomainRequest* request,
                                     pb::DiagnoseDomainResponse* response) override {
    return runner_.Run(
        context, "DiagnoseDomain", *request, [=, this](const Caller& caller) -> absl::Status {
          ASSIGN_OR_RETURN(const Diagnosis diagnosis,
                           request->fresh() ? diagnoses_.DiagnoseFresh(caller, request->name())
                                            : diagnoses_.Diagnose(caller, request->name()));
          *response = ToProto(diagnosis);
          return absl::OkStatus();
        });
  }

  ServerUnaryReactor* RecheckDomain(CallbackServerContext* context,
                                    const pb::RecheckDomainRequest* request,
                                    pb::Domain* response) override {
    return runner_.Run(
        context, "RecheckDomain", *request, [=, this](const Caller& caller) -> absl::Status {
          ASSIGN_OR_RETURN(const DomainDetails details, domains_.Recheck(caller, request->name()));
          *response = ToProto(details, policy_);
          return absl::OkStatus();
        });
  }

  ServerUnaryReactor* ChangeDomainMethod(CallbackServerContext* context,
                                         const pb::ChangeDomainMethodRequest* request,
                                         pb::Domain* response) override {
    return runner_.Run(context, "ChangeDomainMethod", *request,
                       [=, this](const Caller& caller) -> absl::Status {
                         ASSIGN_OR_RETURN(const ValidationMethod method, FromProto(*request));
                         ASSIGN_OR_RETURN(const DomainDetails details,
                                          domains_.ChangeMethod(caller, request->name(), method));
                         *response = ToProto(details, policy_);
                         return absl::OkStatus();
                       });
  }

  ServerUnaryReactor* DeleteDomain(CallbackServerContext* context,
                                   const pb::DeleteDomainRequest* request,
                                   Empty* /*response*/) override {
    return runner_.Run(context, "DeleteDomain", *request, [=, this](const Caller& caller) {
      return domains_.Delete(caller, request->name(), request->revoke());
    });
  }

 private:
  Domains& domains_;
  Diagnoses& diagnoses_;
  CallRunner& runner_;
  const AgreementPolicy policy_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeDomainService(Domains& domains, Diagnoses& diagnoses,
                                                 CallRunner& runner, AgreementPolicy policy) {
  return std::make_shared<DomainService>(domains, diagnoses, runner, std::move(policy));
}

}  // namespace cert
