namespace Pilothouse.Import;

/// <summary>A source that cannot be imported. The message is a sentence for the owner.</summary>
internal sealed class ImportRefusedException(string message) : IOException(message);
