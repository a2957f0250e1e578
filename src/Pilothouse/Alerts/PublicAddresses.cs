using System.Net;
using System.Net.Sockets;

namespace Pilothouse.Alerts;

/// <summary>
/// Connects to public addresses only. The address is looked at after the name was resolved and just before the connection is made, so that no
/// name can lead into the server's own network.
/// </summary>
internal static class PublicAddresses
{
    /// <summary>Networks that are not the public internet: https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 twin.</summary>
    private static readonly IPNetwork[] Special = Array.ConvertAll<string, IPNetwork>(
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        ],
        static text => IPNetwork.Parse(text));

    /// <summary>Whether an address is of the public internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !Array.Exists(Special, network => network.Contains(address));
    }

    /// <summary>Makes a client that follows no redirect, which could lead anywhere, and that connects to public addresses unless all are allowed.</summary>
    /// <param name="mayBePrivate">Whether every address is allowed.</param>
    /// <param name="timeout">How long a request may take in all.</param>
    public static HttpClient MakeClient(bool mayBePrivate, TimeSpan timeout) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        MaxResponseHeadersLength = 16,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectCallback = (context, cancel) => ConnectAsync(context.DnsEndPoint, mayBePrivate, cancel),
    })
    { Timeout = timeout, MaxResponseContentBufferSize = 64 * 1024 };

    /// <summary>Connects to a server by its name.</summary>
    /// <exception cref="HttpRequestException">The name has no address that is allowed.</exception>
    public static async ValueTask<Stream> ConnectAsync(DnsEndPoint to, bool mayBePrivate, CancellationToken cancel)
    {
        var found = await Dns.GetHostAddressesAsync(to.Host, cancel);
        var allowed = mayBePrivate ? found : Array.FindAll(found, IsPublic);
        if (allowed.Length == 0)
        {
            throw new HttpRequestException(found.Length == 0 ? "its name has no address" : "its address is private: set ALERT_ALLOW_PRIVATE_TARGETS=true if it is meant");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, to.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
