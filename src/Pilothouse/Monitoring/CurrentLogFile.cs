using System.Text;
using Serilog.Sinks.File;

namespace Pilothouse.Monitoring;

/// <summary>
/// Points the plain name of a log at the file that is written now (Serilog's rolled files have the date in their names), and gathers
/// lines for up to a quarter of a second, so that a busy server does not call the kernel for every request.
/// </summary>
internal sealed class CurrentLogFile(string plainName, LogHealth health) : FileLifecycleHooks
{
    private volatile string? current;

    /// <summary>Whether the file that lines go to is no longer there under its name.</summary>
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
            // The log itself is more important than its second name.
        }

        return new GatheringStream(underlyingStream, health);
    }

    /// <summary>Makes the log before its first line, so that who looks for warnings finds an empty file and not none.</summary>
    /// <param name="folder">LOG_DIR.</param>
    /// <param name="todaysName">What Serilog will call the file.</param>
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
            // The first line will try again, and say so.
        }
    }

    /// <summary>Who called when and from where is for the owner, and for a group that reads logs.</summary>
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
            // The seed's own log has this name: it stays, under another.
            old.MoveTo(Path.Combine(old.DirectoryName!, $"before_pilothouse_{old.LastWriteTimeUtc:yyyyMMddHHmmss}_{old.Name}"));
        }

        var fresh = link + ".new";
        File.Delete(fresh);
        File.CreateSymbolicLink(fresh, target);
        File.Move(fresh, link, overwrite: true);
    }

    /// <summary>A stream that hands on what it gathered when that is much or old.</summary>
    private sealed class GatheringStream : Stream
    {
        private readonly Stream inner;
        private readonly LogHealth health;
        private readonly MemoryStream gathered = new(64 * 1024);
        private readonly Timer timer;
        private readonly Lock gate = new();
        private bool closed;

        public GatheringStream(Stream inner, LogHealth health)
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
                gathered.Write(buffer);
                if (gathered.Length > 48 * 1024)
                {
                    HandOnLocked();
                }
            }
        }

        /// <summary>Serilog flushes after every line; the timer does it instead.</summary>
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
            // A tick that waited while the stream was closed would end the process by its exception.
            if (closed || gathered.Length == 0 || !inner.CanWrite)
            {
                return;
            }

            try
            {
                inner.Write(gathered.GetBuffer(), 0, (int)gathered.Length);
                inner.Flush();
                health.Written();
            }
            catch (IOException)
            {
                // A full disk must not stop the server; these lines are lost.
                health.Lost();
            }

            gathered.SetLength(0);
        }
    }
}
