using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pilothouse.Tests.Fixtures;

/// <summary>A certificate for localhost and 127.0.0.1, issued by an intermediate of a test authority, as certbot's are.</summary>
internal sealed class MadeCertificate
{
    private MadeCertificate(X509Certificate2 root, X509Certificate2 intermediate, X509Certificate2 own, string key)
    {
        Root = root;
        Own = own;
        Intermediate = intermediate;
        Chain = own.ExportCertificatePem() + "\n" + intermediate.ExportCertificatePem() + "\n";
        Key = key;
    }

    /// <summary>The root certificate that a client has to trust.</summary>
    public X509Certificate2 Root { get; }

    public X509Certificate2 Intermediate { get; }

    public X509Certificate2 Own { get; }

    /// <summary>The chain in PEM form, without the root.</summary>
    public string Chain { get; }

    public string Key { get; }

    public static MadeCertificate Make(DateTimeOffset from, DateTimeOffset until)
    {
        // The authorities are valid at every time that a test's clock may show; only the server's own certificate expires.
        var (rootFrom, rootUntil) = (new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = Authority("CN=Pilothouse test root", rootKey).CreateSelfSigned(rootFrom, rootUntil);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middle = Authority("CN=Pilothouse test intermediate", middleKey).Create(root, rootFrom, rootUntil, RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(middleKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        var own = request.Create(middle, from, until, RandomNumberGenerator.GetBytes(8));
        return new(root, X509CertificateLoader.LoadCertificate(middle.RawData), own, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Makes a certificate that is valid from a year before <see cref="TestServer.Start"/> until long after today.</summary>
    public static MadeCertificate MakeGood() => Make(TestServer.Start.AddYears(-1), new DateTimeOffset(2050, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Writes the files of the certificate and the key.</summary>
    /// <returns>The settings that name them, with a free port.</returns>
    public (string Name, string Value)[] WriteTo(TemporaryFolder folder)
    {
        File.WriteAllText(folder.File("cert.pem"), Chain);
        File.WriteAllText(folder.File("key.pem"), Key);
        return
        [
            ("TLS_CERT_FILE", folder.File("cert.pem")), ("TLS_KEY_FILE", folder.File("key.pem")),
            ("HTTPS_PORT", ServerProcess.FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ];
    }

    /// <summary>
    /// Whether a client that trusts only the root, and received <paramref name="chain"/>, accepts <paramref name="served"/>.
    /// </summary>
    public bool IsTrusted(X509Certificate2 served, IEnumerable<X509Certificate2> chain)
    {
        using var check = new X509Chain();
        check.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        check.ChainPolicy.CustomTrustStore.Add(Root);
        check.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        check.ChainPolicy.DisableCertificateDownloads = true;
        check.ChainPolicy.ExtraStore.AddRange(chain.ToArray());
        return check.Build(served);
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        return request;
    }
}
