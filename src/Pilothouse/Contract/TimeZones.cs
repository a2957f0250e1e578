namespace Pilothouse.Contract;

/// <summary>
/// The time zones that a client may name. .NET keeps every spelling that it found for ever, and a file has as many as there are ways to
/// write its path: only the plain name of a zone is looked for.
/// </summary>
internal static class TimeZones
{
    private const int Longest = 40;

    /// <summary>The zone of this id, or null.</summary>
    public static TimeZoneInfo? Find(string id) => IsPlain(id) && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : null;

    /// <summary>One to three names; not in the folders that hold every zone a second time.</summary>
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
