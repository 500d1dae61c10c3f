#include "cert/rpc/certificate_service.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "base/status_macros.h"
#include "cert/rpc/from_proto.h"
#include "cert/rpc/page_room.h"
#include "cert/rpc/page_token.h"
#include "cert/rpc/to_proto.h"
#include "padlock/cert/v1/certificate_service.grpc.pb.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::google::protobuf::Empty;
using ::grpc::CallbackServerContext;
using ::grpc::ServerUnaryReactor;

class CertificateService final : public pb::CertificateService::CallbackService {
 public:
  CertificateService(Certificates& certificates, SharedCertificates& shared, CallRunner& runner,
                     AgreementPolicy policy)
      : certificates_(certificates), shared_(shared), runner_(runner), policy_(std::move(policy)) {}

  ServerUnaryReactor* CreateCertificate(CallbackServerContext* context,
                                        const pb::CreateCertificateRequest* request,
                                        pb::Certificate* response) override {
    return runner_.Run(context, "CreateCertificate", *request,
                       [=, this](const Caller& caller) -> absl::Status {
                         ASSIGN_OR_RETURN(const CreateCertificateInput input, FromProto(*request));
                         ASSIGN_OR_RETURN(Certificate created, shared_.Create(caller, input));
                         *response = ToProto({.certificate = std::move(created)}, policy_);
                         return absl::OkStatus();
                       });
  }

  ServerUnaryReactor* DeleteCertificate(CallbackServerContext* context,
                                        const pb::DeleteCertificateRequest* request,
                                        Empty* /*response*/) override {
    return runner_.Run(context, "DeleteCertificate", *request, [=, this](const Caller& caller) {
      return shared_.Delete(caller, request->name(), request->revoke());
    });
  }

  ServerUnaryReactor* GetCertificate(CallbackServerContext* context,
                                     const pb::GetCertificateRequest* request,
                                     pb::Certificate* response) override {
    return runner_.Run(
        context, "GetCertificate", *request, [=, this](const Caller& caller) -> absl::Status {
          ASSIGN_OR_RETURN(const bool with_evidence, WantsEvidence(request->view()));
          const auto view =
              with_evidence ? Certificates::View::kWithEvidence : Certificates::View::kBasic;
          ASSIGN_OR_RETURN(const CertificateDetails details,
                           certificates_.Get(caller, request->name(), view));
          *response = ToProto(details, policy_);
          return absl::OkStatus();
        });
  }

  ServerUnaryReactor* ListCertificates(CallbackServerContext* context,
                                       const pb::ListCertificatesRequest* request,
                                       pb::ListCertificatesResponse* response) override {
    const auto list = [=, this](const Caller& caller) -> absl::Status {
      ASSIGN_OR_RETURN(const CertificateList wanted, FromProto(*request));
      ASSIGN_OR_RETURN(const Page<CertificateDetails> listed,
                       certificates_.List(caller, request->parent(), wanted.state, wanted.page));
      PageRoom room;
      std::size_t shown = 0;
      for (const CertificateDetails& details : listed.items) {
        pb::Certificate item = ToProto(details, policy_);
        if (!room.Takes(item.ByteSizeLong())) break;
        *response->add_certificates() = std::move(item);
        ++shown;
      }
      if (listed.has_more || shown < listed.items.size()) {
        response->set_next_page_token(
            MakePageToken(ListOf(*request), listed.items[shown - 1].certificate.id.text()));
      }
      return absl::OkStatus();
    };
    return runner_.Run(context, "ListCertificates", *request, list);
  }

  ServerUnaryReactor* FetchIssuance(CallbackServerContext* context,
                                    const pb::FetchIssuanceRequest* request,
                                    pb::FetchIssuanceResponse* response) override {
    return runner_.Run(
        context, "FetchIssuance", *request, [=, this](const Caller& caller) -> absl::Status {
          ASSIGN_OR_RETURN(const std::optional<KeyType> type, WantedKey(*request));
          ASSIGN_OR_RETURN(
              const FetchedIssuance fetched,
              certificates_.Fetch(caller, request->name(), request->include_private_key(), type));
          *response->mutable_issuance() = ToProto(fetched.issuance);
          response->set_certificate_chain_pem(fetched.issuance.chain_pem);
          response->set_private_key_pem(fetched.private_key_pem);
          return absl::OkStatus();
        });
  }

  ServerUnaryReactor* RevokeCertificate(CallbackServerContext* context,
                                        const pb::RevokeCertificateRequest* request,
                                        pb::Certificate* response) override {
    const auto revoke = [=, this](const Caller& caller) -> absl::Status {
      ASSIGN_OR_RETURN(const Certificates::RevokeInput input, FromProto(*request));
      ASSIGN_OR_RETURN(const CertificateDetails details, certificates_.Revoke(caller, input));
      *response = ToProto(details, policy_);
      return absl::OkStatus();
    };
    return runner_.Run(context, "RevokeCertificate", *request, revoke);
  }

  ServerUnaryReactor* ConfirmDeployment(CallbackServerContext* context,
                                        const pb::ConfirmDeploymentRequest* request,
                                        pb::Certificate* response) override {
    const auto confirm = [=, this](const Caller& caller) -> absl::Status {
      ASSIGN_OR_RETURN(
          const CertificateDetails details,
          certificates_.ConfirmDeployment(caller, request->name(), request->serial_number()));
      *response = ToProto(details, policy_);
      return absl::OkStatus();
    };
    return runner_.Run(context, "ConfirmDeployment", *request, confirm);
  }

 private:
  Certificates& certificates_;
  SharedCertificates& shared_;
  CallRunner& runner_;
  const AgreementPolicy policy_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeCertificateService(Certificates& certificates,
                                                      SharedCertificates& shared,
                                                      CallRunner& runner, AgreementPolicy policy) {
  return std::make_shared<CertificateService>(certificates, shared, runner, std::move(policy));
}

}  // namespace cert
