//! The one way out to addresses that an administrator enters: where metrics are copied to, where people sign
//! in. Whoever may enter one must not reach with it what only the collector's machine can reach: services that
//! listen on it alone, its network's insides, the store of secrets that clouds have at a fixed address.
//!
//! An address counts when it is dialled, not when it is entered: a name is resolved once for a connection, and
//! the connection goes to an address that was looked at. Nothing is followed elsewhere, no proxy is asked, and
//! an answer is bounded in size and time.

/// Networks, and what is known of them.
mod network;

use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hyper::{Request, Response};
use reqwest::{
    Certificate, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use url::Host;

use self::network::Network;

/// How long it may take until somebody has answered the telephone.
const CONNECT: Duration = Duration::from_secs(10);

/// Why nothing was sent, or nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    #[error("{0:?} is no address or network, such as \"10.0.0.0/8\" or \"::1\"")]
    Network(String),
    #[error("{scheme}:// is not spoken here, only {spoken}")]
    Scheme {
        scheme: String,
        spoken: &'static str,
    },
    /// Addresses are printed and logged.
    #[error("the address holds a login")]
    Login,
    #[error("the address names no host")]
    NoHost,
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("resolving the name")]
    Resolve(#[source] std::io::Error),
    #[error("the authorities are no PEM certificates")]
    Authorities(#[source] reqwest::Error),
    #[error("preparing the client")]
    Client(#[source] reqwest::Error),
    #[error("sending the request")]
    Send(#[source] reqwest::Error),
    #[error("reading the answer")]
    Receive(#[source] reqwest::Error),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// An address that is not dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {what}: nothing is sent there unless outbound.allow names it")]
pub struct Refused {
    pub address: IpAddr,
    /// What the address is.
    pub what: &'static str,
}

/// Which addresses may be dialled: all of the Internet, and what the settings allow besides. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Outbound(Arc<[Network]>);

/// What a client is for.
#[derive(Debug, Clone, Copy)]
pub struct Purpose<'a> {
    /// Whether `http://` is spoken as well as `https://`.
    pub plain: bool,
    /// The only authorities that are trusted, PEM; the system's when there is none.
    pub authorities: Option<&'a [u8]>,
    /// How long a request may take with its answer.
    pub timeout: Duration,
    /// The longest answer, bytes.
    pub max_bytes: usize,
}

impl Outbound {
    /// With these addresses and networks (`ADDRESS` or `ADDRESS/BITS`) besides the Internet.
    ///
    /// # Errors
    /// [`OutboundError::Network`].
    pub fn new(allow: &[String]) -> Result<Self, OutboundError> {
        let parse = |text: &String| {
            let network = text.parse();
            network.map_err(|()| OutboundError::Network(text.clone()))
        };
        allow.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether `address` may be dialled.
    ///
    /// # Errors
    /// [`Refused`], which says what the address is.
    pub fn admit(&self, address: IpAddr) -> Result<(), Refused> {
        let address = address.to_canonical();
        let allowed = self.0.iter().any(|network| network.contains(address));
        match network::inside(address) {
            Some(what) if !allowed => Err(Refused { address, what }),
            _ => Ok(()),
        }
    }

    /// Whether a request may go to `url`, as far as can be told before its name is resolved: for where
    /// somebody enters it.
    ///
    /// # Errors
    /// [`OutboundError::Scheme`], [`OutboundError::Login`], [`OutboundError::NoHost`],
    /// [`OutboundError::Refused`].
    pub fn check(&self, url: &Url, plain: bool) -> Result<(), OutboundError> {
        let scheme = url.scheme();
        if scheme != "https" && !(plain && scheme == "http") {
            let spoken = if plain {
                "http:// and https://"
            } else {
                "https://"
            };
            let scheme = scheme.to_owned();
            return Err(OutboundError::Scheme { scheme, spoken });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::Login);
        }
        match url.host().ok_or(OutboundError::NoHost)? {
            // However it was written: as one number, in octal, as an IPv6 address.
            Host::Ipv4(address) => Ok(self.admit(address.into())?),
            Host::Ipv6(address) => Ok(self.admit(address.into())?),
            Host::Domain(_) => Ok(()),
        }
    }

    /// Those addresses of a host that may be dialled, for what does not speak HTTP. Dial these, not the name.
    ///
    /// # Errors
    /// [`OutboundError::Refused`] when there are addresses and none of them may; [`OutboundError::Resolve`].
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, OutboundError> {
        let found = tokio::net::lookup_host((host, port)).await;
        let found: Vec<_> = found.map_err(OutboundError::Resolve)?.collect();
        let admitted = found
            .iter()
            .map(|found| self.admit(found.ip()).map(|()| *found));
        let (good, refused): (Vec<_>, Vec<_>) = admitted.partition(Result::is_ok);
        match refused.into_iter().find_map(Result::err) {
            Some(refused) if good.is_empty() => Err(refused.into()),
            _ => Ok(good.into_iter().flatten().collect()),
        }
    }

    /// A client that dials nothing else.
    ///
    /// # Errors
    /// [`OutboundError::Authorities`].
    pub fn client(&self, purpose: Purpose) -> Result<Client, OutboundError> {
        // An error means that there is one already, and there is only this one.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("openwatch-collector/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(purpose.timeout)
            // It would be followed to an address that nobody entered, and takes a login along.
            .redirect(redirect::Policy::none())
            // A proxy resolves names by itself.
            .no_proxy()
            .dns_resolver(Arc::new(Guarded(self.clone())));
        if let Some(pem) = purpose.authorities {
            let authorities = Certificate::from_pem_bundle(pem);
            http = http.tls_certs_only(authorities.map_err(OutboundError::Authorities)?);
        }
        Ok(Client {
            http: http.build().map_err(OutboundError::Client)?,
            outbound: self.clone(),
            plain: purpose.plain,
            max_bytes: purpose.max_bytes,
        })
    }
}

/// Sends requests to addresses that may be dialled. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    outbound: Outbound,
    plain: bool,
    max_bytes: usize,
}

impl Client {
    /// The answer to one request, whatever its status: a redirect is an answer.
    ///
    /// # Errors
    /// [`OutboundError::Refused`] when nothing was sent because of the address, and what else went wrong.
    pub async fn call(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, OutboundError> {
        self.ask(request, true).await
    }

    /// The same for whom the status is enough: of a body that is too long, takes too long or breaks off there is
    /// what has come.
    ///
    /// # Errors
    /// As of [`Client::call`], when no status came.
    pub async fn tell(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, OutboundError> {
        self.ask(request, false).await
    }

    async fn ask(
        &self,
        request: Request<Vec<u8>>,
        whole: bool,
    ) -> Result<Response<Vec<u8>>, OutboundError> {
        let request = reqwest::Request::try_from(request).map_err(OutboundError::Send)?;
        // A host that is an address is never asked of the resolver.
        self.outbound.check(request.url(), self.plain)?;
        let sent = self.http.execute(request).await;
        let mut answer =
            sent.map_err(|error| refusal(&error).unwrap_or(OutboundError::Send(error)))?;
        let mut body = Vec::new();
        loop {
            let chunk = match answer.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) if whole => return Err(OutboundError::Receive(error)),
                Err(_) => break,
            };
            let room = self.max_bytes - body.len();
            if chunk.len() > room && whole {
                return Err(OutboundError::TooLong(self.max_bytes));
            }
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                break;
            }
        }
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// What the resolver said, if that is why nothing was sent.
fn refusal(error: &reqwest::Error) -> Option<OutboundError> {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let refused = causes.find_map(|cause| cause.downcast_ref::<Refused>())?;
    Some(refused.clone().into())
}

/// Resolves names to those of their addresses that may be dialled.
struct Guarded(Outbound);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let outbound = self.0.clone();
        Box::pin(async move {
            match outbound.resolve(name.as_str(), 0).await {
                Ok(good) => Ok(Box::new(good.into_iter()) as Addrs),
                // As it is: it is looked for among the causes of what the client says.
                Err(OutboundError::Refused(refused)) => Err(refused.into()),
                Err(error) => Err(error.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests;
