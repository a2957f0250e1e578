using System.Globalization;

namespace Pilothouse.Storage;

/// <summary>
/// Converts times to and from text. Read: ISO 8601 with <c>T</c> or a space, up to nanoseconds, with or without a zone (without one it is
/// UTC), or a date alone. Stored: UTC <c>YYYY-MM-DD HH:MM:SS.fff</c>. Answered: UTC <c>YYYY-MM-DDTHH:MM:SS+00:00</c>. A fraction is only
/// written if it is not zero, with three or six digits, because fromisoformat of Python 3.9 requires that.
/// </summary>
internal static class Timestamps
{
    /// <summary>The most characters of a time in an answer.</summary>
    public const int LongestAnswer = 32;

    /// <summary>Parses <paramref name="text"/>. The result is in UTC.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time) => TryParse(text, out time, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out DateTimeOffset)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time, out bool dateOnly)
    {
        time = default;
        dateOnly = text.Length == 10;
        if (text.Length < 10 || text[4] != '-' || text[7] != '-'
            || !Digits(text[..4], out var year) || !Digits(text.Slice(5, 2), out var month) || !Digits(text.Slice(8, 2), out var day)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        var ticks = new DateTime(year, month, day).Ticks;
        if (dateOnly)
        {
            time = new DateTimeOffset(ticks, TimeSpan.Zero);
            return true;
        }

        if (text[10] is not ('T' or 't' or ' '))
        {
            return false;
        }

        return TryParseClock(text[11..], ticks, out time);
    }

    /// <summary>Cuts a time to the millisecond, as it will be stored.</summary>
    public static DateTimeOffset Cut(DateTimeOffset time) => time.AddTicks(-(time.UtcTicks % TimeSpan.TicksPerMillisecond));

    /// <summary>Returns the text that is stored. Anything below a millisecond is cut off.</summary>
    public static string ToStored(DateTimeOffset time)
    {
        Span<char> text = stackalloc char[LongestAnswer];
        return new string(text[..Write(time.UtcDateTime, ' ', micros: false, text)]);
    }

    /// <summary>Like <see cref="ToStored"/>, but with microseconds if there are any. They are those of another program.</summary>
    public static string ToText(DateTime utc)
    {
        Span<char> text = stackalloc char[LongestAnswer];
        return new string(text[..Write(utc, ' ', micros: true, text)]);
    }

    /// <summary>
    /// Returns the text of the time just after <paramref name="time"/>, in microseconds, so that "less than this" includes the time itself
    /// in every spelling. Trailing zeros are left out, because a whole second sorts before the same second with a fraction.
    /// </summary>
    public static string ToStoredAfter(DateTimeOffset time) =>
        (time.UtcTicks < DateTimeOffset.MaxValue.UtcTicks - 10 ? time.AddTicks(10) : time).UtcDateTime
        .ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);

    /// <summary>Returns the text for an answer.</summary>
    public static string ToAnswer(DateTimeOffset time)
    {
        Span<char> text = stackalloc char[LongestAnswer];
        return new string(text[..WriteAnswer(time, text)]);
    }

    /// <summary>
    /// Writes the text for an answer into <paramref name="text"/>, which must hold at least <see cref="LongestAnswer"/> characters.
    /// </summary>
    /// <returns>How many characters were written.</returns>
    public static int WriteAnswer(DateTimeOffset time, Span<char> text)
    {
        var length = Write(time.UtcDateTime, 'T', micros: true, text);
        "+00:00".CopyTo(text[length..]);
        return length + 6;
    }

    private static int Write(DateTime utc, char separator, bool micros, Span<char> text)
    {
        Put(text, 0, utc.Year, 4);
        text[4] = '-';
        Put(text, 5, utc.Month, 2);
        text[7] = '-';
        Put(text, 8, utc.Day, 2);
        text[10] = separator;
        Put(text, 11, utc.Hour, 2);
        text[13] = ':';
        Put(text, 14, utc.Minute, 2);
        text[16] = ':';
        Put(text, 17, utc.Second, 2);
        var fraction = (int)(utc.Ticks % TimeSpan.TicksPerSecond / 10);
        if (fraction == 0 || (!micros && fraction < 1000))
        {
            return 19;
        }

        text[19] = '.';
        if (!micros || fraction % 1000 == 0)
        {
            Put(text, 20, fraction / 1000, 3);
            return 23;
        }

        Put(text, 20, fraction, 6);
        return 26;
    }

    private static void Put(Span<char> text, int at, int value, int digits)
    {
        for (var i = at + digits - 1; i >= at; i--)
        {
            text[i] = (char)('0' + (value % 10));
            value /= 10;
        }
    }

    /// <summary>Parses HH:MM[:SS[.fffffffff]] and a zone: nothing, Z, +HH, +HHMM or +HH:MM.</summary>
    private static bool TryParseClock(ReadOnlySpan<char> text, long ticks, out DateTimeOffset time)
    {
        time = default;
        if (text.Length < 5 || text[2] != ':' || !Digits(text[..2], out var hour) || !Digits(text.Slice(3, 2), out var minute)
            || hour > 23 || minute > 59)
        {
            return false;
        }

        ticks += (hour * TimeSpan.TicksPerHour) + (minute * TimeSpan.TicksPerMinute);
        text = text[5..];
        if (text.Length >= 3 && text[0] == ':')
        {
            if (!Digits(text.Slice(1, 2), out var second) || second > 59)
            {
                return false;
            }

            ticks += second * TimeSpan.TicksPerSecond;
            text = text[3..];
            if (text.Length > 1 && text[0] is '.' or ',')
            {
                var length = 0;
                var scale = TimeSpan.TicksPerSecond;
                for (text = text[1..]; length < text.Length && char.IsAsciiDigit(text[length]); length++)
                {
                    scale /= 10;
                    ticks += (text[length] - '0') * scale;
                }

                if (length is 0 or > 9)
                {
                    return false;
                }

                text = text[length..];
            }
        }

        if (!TryParseZone(text, out var zone))
        {
            return false;
        }

        ticks -= zone;
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        time = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }

    private static bool TryParseZone(ReadOnlySpan<char> text, out long ticks)
    {
        ticks = 0;
        if (text.Length == 0 || text is "Z" or "z")
        {
            return true;
        }

        if (text[0] is not ('+' or '-') || text.Length is not (3 or 5 or 6))
        {
            return false;
        }

        var minute = 0;
        if (!Digits(text.Slice(1, 2), out var hour) || hour > 23
            || (text.Length == 6 && text[3] != ':')
            || (text.Length > 3 && (!Digits(text[^2..], out minute) || minute > 59)))
        {
            return false;
        }

        ticks = (hour * TimeSpan.TicksPerHour) + (minute * TimeSpan.TicksPerMinute);
        ticks = text[0] == '-' ? -ticks : ticks;
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return true;
    }
}
