namespace Pilothouse.Contract;

/// <summary>How large bodies may be, in bytes.</summary>
internal static class BodyRules
{
    public const int Largest = 1024 * 1024;

    /// <summary>The largest body of a batch of records.</summary>
    public const int LargestBatch = 16 * 1024 * 1024;

    public static Refusal TooLarge(int largest) => new(413, ErrorCodes.BodyTooLarge, "Request body too large",
        largest >= Largest ? $"Send at most {largest / 1024 / 1024} MB." : $"Send at most {largest / 1024} KB.");

    public static Refusal Required() => new(400, ErrorCodes.BodyRequired, "Request body is required", "Send a JSON object.");
}
