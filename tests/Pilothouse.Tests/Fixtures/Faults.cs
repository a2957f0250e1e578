namespace Pilothouse.Tests.Fixtures;

/// <summary>What a test of the house found wrong. Assert.Empty cuts a sentence after fifty characters, just before it says what to do.</summary>
internal static class Faults
{
    /// <summary>Fails with every sentence in full, a line each. Null and empty ones are nothing wrong.</summary>
    public static void None(params IEnumerable<string?> sentences)
    {
        var found = sentences.Where(static sentence => !string.IsNullOrEmpty(sentence)).Distinct().ToList();
        Assert.True(found.Count == 0, string.Join('\n', found));
    }
}
