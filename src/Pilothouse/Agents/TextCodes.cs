namespace Pilothouse.Agents;

/// <summary>
/// Gives each text a number, so that a million rows with a few names make no million strings. The numbers count from 0 in the order in
/// which the texts came; -1 stands for null. Not thread-safe.
/// </summary>
internal sealed class TextCodes
{
    private readonly Dictionary<string, int> codes = new(StringComparer.Ordinal);
    private readonly List<string> texts = [];

    public int Count => texts.Count;

    /// <summary>Returns the text of a number; null for -1.</summary>
    public string? this[int code] => code < 0 ? null : texts[code];

    /// <summary>Returns the number of a text.</summary>
    public int Of(string? text)
    {
        if (text is null)
        {
            return -1;
        }

        if (!codes.TryGetValue(text, out var code))
        {
            codes[text] = code = texts.Count;
            texts.Add(text);
        }

        return code;
    }

    /// <summary>Forgets all texts.</summary>
    public void Clear()
    {
        codes.Clear();
        texts.Clear();
    }
}
