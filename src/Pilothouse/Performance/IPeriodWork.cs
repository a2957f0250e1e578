namespace Pilothouse.Performance;

/// <summary>Work that is done when a UTC day, week or month has ended, beside that of <see cref="PeriodKeeper"/> and by the same server.</summary>
internal interface IPeriodWork
{
    /// <summary>Stores what is missing of the ended periods, as far back as <see cref="Period.Kinds"/> says, and puts right what is not as it should be.</summary>
    /// <param name="now">The time of the run.</param>
    /// <param name="putRightFor">For so long after the end of its period a row is put right; later it stays as it is.</param>
    /// <returns>How many rows were stored or changed.</returns>
    ValueTask<int> StoreAsync(DateTimeOffset now, TimeSpan putRightFor, CancellationToken cancel);
}
