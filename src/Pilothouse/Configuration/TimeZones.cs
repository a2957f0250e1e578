namespace Pilothouse.Configuration;

/// <summary>
/// The time zones that a client or a setting may name. .NET caches a zone for ever under every spelling that it finds, and a path such as
/// <c>./Europe/Berlin</c> has any number of spellings. So only plain zone names are looked up.
/// </summary>
internal static class TimeZones
{
    private const int Longest = 40;

    /// <summary>Returns the zone with this id, or null.</summary>
    public static TimeZoneInfo? Find(string id) => IsPlain(id) && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : null;

    /// <summary>
    /// Whether the id consists of one to three names and is not in one of the folders that contain every zone a second time.
    /// </summary>
    private static bool IsPlain(string id)
    {
        if (id.Length > Longest || id.StartsWith("posix/", StringComparison.OrdinalIgnoreCase) || id.StartsWith("right/", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var names = 0;
        foreach (var name in id.AsSpan().Split('/'))
        {
            if (++names > 3 || !IsName(id.AsSpan(name)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '+' or '-'))
            {
                return false;
            }
        }

        return name.Length > 0;
    }
}
