using System.Runtime.CompilerServices;

namespace Pilothouse.Scorecard;

/// <summary>Numbers for the texts of a column that has few different ones: a number takes less room than a text, and is faster to look up. Not thread-safe.</summary>
internal sealed class Words
{
    /// <summary>The number of a null.</summary>
    public const int None = -1;

    private const int Recent = 64;

    private readonly (string? Text, int Number)[] recent = new (string?, int)[Recent];
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);

    /// <summary>Returns the number of a text.</summary>
    public int Of(string? text)
    {
        if (text is null)
        {
            return None;
        }

        // Rows of one text mostly have one string.
        ref var known = ref recent[RuntimeHelpers.GetHashCode(text) % Recent];
        if (ReferenceEquals(known.Text, text))
        {
            return known.Number;
        }

        if (!numbers.TryGetValue(text, out var number))
        {
            numbers[text] = number = numbers.Count;
        }

        known = (text, number);
        return number;
    }
}
