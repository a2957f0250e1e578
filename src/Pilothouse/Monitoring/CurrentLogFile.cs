using System.Text;
using Serilog.Sinks.File;

namespace Pilothouse.Monitoring;

/// <summary>
/// Makes the plain name of a log a link to the file that is being written (Serilog puts the date into the names of its files). It also
/// buffers lines for up to a quarter of a second, so that a busy server does not need a system call for every request.
/// </summary>
internal sealed class CurrentLogFile(string plainName, LogFileHealth health) : FileLifecycleHooks
{
    private volatile string? current;

    /// <summary>Whether the file that is being written no longer exists under its name.</summary>
    public bool IsGone => current is { } path && !File.Exists(path);

    public override Stream OnFileOpened(string path, Stream underlyingStream, Encoding encoding)
    {
        current = path;
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        try
        {
            if (underlyingStream.Length == 0)
            {
                Close(path);
            }

            Point(Path.Combine(folder, plainName), Path.GetFileName(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A failure is ignored: the log itself is more important than this link to it.
        }

        return new GatheringStream(underlyingStream, health);
    }

    /// <summary>
    /// Creates the log file before its first line, so that somebody who looks for warnings finds an empty file and not a missing one.
    /// </summary>
    /// <param name="folder">LOG_DIR.</param>
    /// <param name="todaysName">The name that Serilog will give to the file.</param>
    public void Begin(string folder, string todaysName)
    {
        var link = Path.Combine(folder, plainName);
        try
        {
            if (File.Exists(link) && new FileInfo(link).LinkTarget is not null)
            {
                return;
            }

            var file = Path.Combine(folder, todaysName);
            if (!File.Exists(file))
            {
                File.Create(file).Dispose();
                Close(file);
            }

            Point(link, todaysName);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The first line that is logged will try again and report the failure.
        }
    }

    /// <summary>Allows only the owner and the group to read a log: it shows who called, when and from where.</summary>
    public static void Close(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        }
    }

    private static void Point(string link, string target)
    {
        var old = new FileInfo(link);
        if (old.Exists && old.LinkTarget is null)
        {
            // A log of the previous Python server has this name. It is kept under another name.
            old.MoveTo(Path.Combine(old.DirectoryName!, $"before_pilothouse_{old.LastWriteTimeUtc:yyyyMMddHHmmss}_{old.Name}"));
        }

        var fresh = link + ".new";
        File.Delete(fresh);
        File.CreateSymbolicLink(fresh, target);
        File.Move(fresh, link, overwrite: true);
    }

    /// <summary>
    /// A stream that buffers what is written, until there is much of it or the oldest part has waited long enough. What cannot be written
    /// (the disk is full) is kept and tried again; beyond <see cref="MostKept"/> new lines are lost.
    /// </summary>
    private sealed class GatheringStream : Stream
    {
        private const int HandOnFrom = 48 * 1024;
        private const int MostKept = 1024 * 1024;

        /// <summary>The buffer of the FileStream that Serilog opens: a shorter part waits in it for a flush, a longer one is written at once.</summary>
        private const int BufferOfFile = 4096;
        private readonly Stream inner;
        private readonly LogFileHealth health;
        private readonly MemoryStream gathered = new(64 * 1024);
        private readonly Timer timer;
        private readonly Lock gate = new();
        private bool closed;

        /// <summary>The last attempt to write failed.</summary>
        private bool stuck;

        public GatheringStream(Stream inner, LogFileHealth health)
        {
            this.inner = inner;
            this.health = health;
            timer = new Timer(static state => ((GatheringStream)state!).HandOn(), this, 250, 250);
        }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            lock (gate)
            {
                if (stuck && gathered.Length + buffer.Length > MostKept)
                {
                    return;
                }

                gathered.Write(buffer);
                if (gathered.Length > HandOnFrom && !stuck)
                {
                    HandOnLocked();
                }
            }
        }

        /// <summary>Does nothing: Serilog flushes after every line, and the timer writes the buffer instead.</summary>
        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                timer.Dispose();
                lock (gate)
                {
                    HandOnLocked();
                    closed = true;
                }

                inner.Dispose();
                gathered.Dispose();
            }

            base.Dispose(disposing);
        }

        private void HandOn()
        {
            lock (gate)
            {
                HandOnLocked();
            }
        }

        private void HandOnLocked()
        {
            // A timer tick may have waited for the lock while the stream was closed. An exception from the timer would end the process.
            if (closed || (gathered.Length == 0 && !stuck) || !inner.CanWrite)
            {
                return;
            }

            try
            {
                if (stuck)
                {
                    inner.Flush();
                }

                WriteGathered();
                stuck = false;
                health.Written();
            }
            catch (IOException)
            {
                // A full disk must not stop the server.
                stuck = true;
                health.Stuck();
            }
        }

        /// <summary>
        /// Writes what was gathered so that a failure leaves each byte in one place only: a short part is in the file's buffer as soon as
        /// Write returns and is written by the next flush that succeeds; a long part is written from here, and stays here where that fails.
        /// </summary>
        private void WriteGathered()
        {
            var length = (int)gathered.Length;
            inner.Write(gathered.GetBuffer(), 0, length);
            gathered.SetLength(0);
            if (length < BufferOfFile)
            {
                inner.Flush();
            }
        }
    }
}
