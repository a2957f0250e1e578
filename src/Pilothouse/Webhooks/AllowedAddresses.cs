using System.Net;

namespace Pilothouse.Webhooks;

/// <summary>The addresses and networks from which a webhook takes messages.</summary>
internal static class AllowedAddresses
{
    /// <summary>Reads an address, or a network such as 10.0.0.0/8; null if the text is neither.</summary>
    public static IPNetwork? Read(string? text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) ? network : null;

    /// <summary>Whether a message from this address is taken; from every address if the list is null.</summary>
    public static bool Has(IReadOnlyList<string?>? allowed, IPAddress? address)
    {
        if (allowed is null)
        {
            return true;
        }

        var from = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return from is not null && allowed.Any(one => Read(one) is { } network && network.Contains(from));
    }
}
