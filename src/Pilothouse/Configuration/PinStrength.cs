namespace Pilothouse.Configuration;

/// <summary>How easily a PIN can be guessed by somebody who tries common choices first.</summary>
internal enum PinStrength
{
    Good,

    /// <summary>It can be read as a date, and dates are a common choice.</summary>
    LooksLikeADate,

    /// <summary>A sequence, a repetition or a mirror image, which are among the first guesses.</summary>
    Trivial,
}

/// <summary>Judges PINs. The server's own random ones are always good.</summary>
internal static class PinJudge
{
    public static PinStrength Judge(string pin) => IsTrivial(pin) ? PinStrength.Trivial : IsDate(pin) ? PinStrength.LooksLikeADate : PinStrength.Good;

    private static bool IsTrivial(string pin)
    {
        var steps = pin.Zip(pin.Skip(1), static (a, b) => (b - a + 10) % 10).ToArray();
        return pin.Distinct().Count() < 3
            || steps.All(step => step == steps[0])
            || pin[..3] == pin[3..]
            || (pin[..2] == pin[2..4] && pin[2..4] == pin[4..])
            || (pin[0] == pin[1] && pin[2] == pin[3] && pin[4] == pin[5])
            || pin[..3].SequenceEqual(pin[3..].Reverse())
            || IsRow(pin[..3]) && IsRow(pin[3..]);
    }

    /// <summary>Whether three digits are a sequence or equal: 123, 987, 555.</summary>
    private static bool IsRow(string digits) => digits[1] - digits[0] == digits[2] - digits[1] && Math.Abs(digits[1] - digits[0]) <= 1;

    private static bool IsDate(string pin)
    {
        var (a, b, c) = (Two(pin, 0), Two(pin, 2), Two(pin, 4));
        return IsDay(a, b) || IsDay(b, a) || IsDay(c, b) || (pin[..2] is "19" or "20" && IsMonth(c)) || (pin[2..4] is "19" or "20" && IsMonth(a));
    }

    private static bool IsDay(int day, int month) => day is >= 1 and <= 31 && IsMonth(month);

    private static bool IsMonth(int month) => month is >= 1 and <= 12;

    private static int Two(string pin, int at) => ((pin[at] - '0') * 10) + pin[at + 1] - '0';
}
