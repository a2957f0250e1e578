namespace Pilothouse.Replay;

/// <summary>The numbers of a replay as they are posted: eight digits behind the point are enough.</summary>
internal static class PostedDigits
{
    private const int Most = 8;

    /// <summary>Adding 0 turns -0 into 0.</summary>
    public static double Of(double value) => Math.Round(value, Most) + 0.0;

    public static double? Of(double? value) => value is { } known ? Of(known) : null;

    /// <summary>Sums of products have more digits than the server stores exactly, and it refuses such numbers.</summary>
    public static decimal Of(decimal money) => Math.Round(money, Most, MidpointRounding.AwayFromZero);
}
