using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pilothouse.Storage.Files;

namespace Pilothouse.Listening;

/// <summary>A certificate ready to be served, with the chain from its file and the time in which it is valid.</summary>
internal sealed record LoadedCertificate(SslStreamCertificateContext Context, string Names, DateTimeOffset From, DateTimeOffset Until, CertificateContent Content)
{
    /// <summary>Whether the certificate is valid at this time.</summary>
    public bool IsGoodAt(DateTimeOffset now) => From <= now && now < Until;
}

/// <summary>The content of the two files.</summary>
internal sealed record CertificateContent(string Certificates, string Key)
{
    /// <summary>Overridden because the text that a record writes by itself would put the private key into a log.</summary>
    public override string ToString() => "certificate and key";
}

/// <summary>The files that TLS_CERT_FILE and TLS_KEY_FILE name: PEM, the server's own certificate first, then its chain.</summary>
internal sealed class CertificateFiles(string certificatePath, string keyPath)
{
    /// <summary>The largest file that is read, in bytes. A larger one is not a certificate.</summary>
    private const int Largest = 1024 * 1024;

    /// <exception cref="CertificateException">A file is not there or cannot be read.</exception>
    public CertificateContent Read() => new(Read("TLS_CERT_FILE", certificatePath), Read("TLS_KEY_FILE", keyPath));

    /// <summary>Returns a certificate that is ready to be served.</summary>
    /// <exception cref="CertificateException">The content is broken, or the key belongs to another certificate.</exception>
    public LoadedCertificate Load(CertificateContent content)
    {
        var all = new X509Certificate2Collection();
        X509Certificate2 own;
        try
        {
            all.ImportFromPem(content.Certificates);
        }
        catch (CryptographicException error)
        {
            throw new CertificateException($"TLS_CERT_FILE={certificatePath} cannot be used: {error.Message} It must hold certificates in PEM form, the server's own first and then its chain (certbot's fullchain.pem).");
        }

        if (all.Count == 0)
        {
            throw new CertificateException($"TLS_CERT_FILE={certificatePath} holds no certificate. It must hold certificates in PEM form, the server's own first and then its chain (certbot's fullchain.pem).");
        }

        try
        {
            own = X509Certificate2.CreateFromPem(content.Certificates, content.Key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new CertificateException($"TLS_KEY_FILE={keyPath} cannot be used with TLS_CERT_FILE={certificatePath}: {error.Message} The key must be in PEM form, without a password, and belong to the first certificate.");
        }

        // Offline: the chain is taken from the file, and nothing is fetched from the network.
        var context = SslStreamCertificateContext.Create(own, all, offline: true);
        return new LoadedCertificate(context, Names(own), own.NotBefore.ToUniversalTime(), own.NotAfter.ToUniversalTime(), content);
    }

    private static string Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } alternative
            ? string.Join(", ", alternative.EnumerateDnsNames().Concat(alternative.EnumerateIPAddresses().Select(static address => address.ToString())))
            : "";
        return names.Length > 0 ? names : certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
    }

    private static string Read(string setting, string path)
    {
        try
        {
            using var file = new StreamReader(PlainFile.Read(path, block: 4096));
            if (file.BaseStream.Length > Largest)
            {
                throw new CertificateException($"{setting}={path} is too large for a PEM file.");
            }

            return file.ReadToEnd();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"{setting}={path} cannot be read: {error.Message} Name a file that the server's user may read.");
        }
    }
}

/// <summary>The certificate's files cannot be used; the message says why and what to do, and never shows a key.</summary>
internal sealed class CertificateException(string message) : Exception(message);
