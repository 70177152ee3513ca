using System.Runtime.InteropServices;
using FastKv.Engine.Logging;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>Files hold what was written into them, whatever the disk does, and leave the page cache to others.</summary>
public sealed partial class DirectFileTests(ITestOutputHelper output)
{
    private const int Staged = DirectFile.StagedBytesMax;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(DirectFile.BlockBytes)]
    [InlineData(Staged - 1)]
    [InlineData(Staged)]
    [InlineData(Staged + 1)]
    [InlineData(3 * Staged)]
    [InlineData((9 * Staged) + 4711)]
    public void The_file_is_what_was_written(int length)
    {
        using var folder = new TemporaryFolder();
        byte[] content = Content(length);
        Assert.Equal(FileErrors.None, SystemFiles.Instance.OpenForStreaming(folder.File, out IOutputFile? file));
        using (file)
        {
            var random = new Random(length);
            for (int at = 0; at < length;)
            {
                int count = Math.Min(length - at, random.Next(1, 100_000));
                Assert.Equal(FileErrors.None, file!.WriteAll(content.AsSpan(at, count)));
                at += count;
            }
            Assert.Equal(FileErrors.None, file!.Sync());
        }
        Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(folder.File)));
    }

    [Fact]
    public void The_page_cache_is_left_to_others()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(FileErrors.None, SystemFiles.Instance.OpenForStreaming(folder.File, out IOutputFile? file));
        using (file)
        {
            if (file is not DirectFile)
            {
                output.WriteLine("The file system has nothing but the page cache.");
                return;
            }
            Assert.Equal(FileErrors.None, file.WriteAll(Content((9 * Staged) + 1)));
            Assert.Equal(FileErrors.None, file.Sync());
        }
        Assert.InRange(ResidentPages(folder.File), 0, 1);
    }

    /// <summary>What is appended in large pieces that are no whole pages leaves the page cache, too, but for the pages in which two pieces meet.</summary>
    [Fact]
    public void A_log_leaves_the_page_cache()
    {
        const int pieces = 40;
        const int pieceBytes = (256 * 1024) - 123;
        using var folder = new TemporaryFolder();
        byte[] content = Content(pieces * pieceBytes);
        for (int half = 0; half < 2; half++)
        {
            Assert.Equal(FileErrors.None, SystemFiles.Instance.OpenForWriting(folder.File, append: half == 1, out IOutputFile? file));
            using (file)
            {
                for (int i = half * pieces / 2; i < (half + 1) * pieces / 2; i++)
                    Assert.Equal(FileErrors.None, file!.WriteAll(content.AsSpan(i * pieceBytes, pieceBytes)));
                Assert.Equal(FileErrors.None, file!.Sync());
            }
        }
        if (KernelDropsPages(folder.Path))
            Patience.Until(() => ResidentPages(folder.File) <= 2 * pieces, () => $"{ResidentPages(folder.File)} pages are in the cache");
        else
            output.WriteLine("The kernel does not drop pages behind a write.");
        Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(folder.File)));
    }

    /// <summary>Writes are cut short, interrupted, and from some point on refused: what has been accepted before an error, and was not refused, is in the file, in order.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_the_disk_does_to_a_write(bool refusesBlocks)
    {
        for (int seed = 1; seed <= 200; seed++)
        {
            var random = new Random(seed);
            var disk = new Disk(random, refusesBlocks);
            byte[] content = Content(random.Next(1, 5 * Staged));
            int spaceBytes = random.Next(2) == 0 ? int.MaxValue : random.Next(content.Length);
            disk.SpaceBytes = spaceBytes;
            int error = FileErrors.None;
            using (var file = new DirectFile(disk))
            {
                for (int at = 0; at < content.Length && error == FileErrors.None;)
                {
                    int count = Math.Min(content.Length - at, random.Next(1, 2 * Staged));
                    error = file.WriteAll(content.AsSpan(at, count));
                    at += count;
                }
                if (error == FileErrors.None)
                    error = file.Sync();
                Assert.True(error == (spaceBytes < content.Length ? FileErrors.NoSpace : FileErrors.None), $"seed {seed}: {error}");
                if (error == FileErrors.NoSpace)
                {
                    // What was refused is still staged, and goes when there is space.
                    disk.SpaceBytes = int.MaxValue;
                    Assert.True(file.Sync() == FileErrors.None, $"seed {seed}");
                }
            }
            Assert.True(disk.IsClosed);
            Assert.True(disk.Content.Length <= content.Length && content.AsSpan(0, disk.Content.Length).SequenceEqual(disk.Content), $"seed {seed}: {disk.Content.Length} bytes");
            Assert.True(spaceBytes < content.Length || disk.Content.Length == content.Length, $"seed {seed}: {disk.Content.Length} bytes of {content.Length}");
        }
    }

    /// <summary>What the disk says while a snapshot is on its way there, it does not say a second time.</summary>
    [Fact]
    public void An_error_on_the_way_to_the_disk_ends_a_snapshot()
    {
        const int pieces = 40;
        using var folder = new TemporaryFolder();
        var files = new LosingFiles(folder.Path);
        using (var snapshot = new RdbFileWriter(files, new ServerLog { Silent = true }, folder.File, folder.File + ".temp", hasChecksum: true, isIncremental: true))
        {
            Assert.True(snapshot.TryOpen());
            int written = 0;
            while (written < pieces && snapshot.TryWrite(Content(Staged)))
                written++;
            Assert.InRange(written, 20, pieces - 1);
            Assert.Equal(FileErrors.IoError, snapshot.Error);
            Assert.False(snapshot.TryComplete());
        }
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    private static byte[] Content(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    /// <summary>Pages of a file that the page cache has; asks without reading them.</summary>
    private static unsafe int ResidentPages(string path)
    {
        const int pageBytes = 4096;
        Assert.Equal(FileErrors.None, SystemFiles.Instance.OpenForReading(path, out IInputFile? input));
        using (input)
        {
            byte[] resident = new byte[(input!.Length + pageBytes - 1) / pageBytes];
            fixed (byte* first = resident)
                Assert.Equal(0, mincore((nint)input.Data, (nuint)input.Length, first));
            return resident.Count(page => (page & 1) != 0);
        }
    }

    /// <summary>Whether RWF_DONTCACHE is known here (Linux 6.14, and not every file system).</summary>
    private static unsafe bool KernelDropsPages(string folder)
    {
        const int dontCache = 0x80;
        using var handle = File.OpenHandle(Path.Combine(folder, "probe"), FileMode.Create, FileAccess.Write);
        byte something = 1;
        nint* vector = stackalloc nint[] { (nint)(&something), 1 };
        return pwritev2((int)handle.DangerousGetHandle(), vector, 1, 0, dontCache) == 1;
    }

    [LibraryImport("libc")]
    private static unsafe partial int mincore(nint address, nuint length, byte* resident);

    [LibraryImport("libc")]
    private static unsafe partial nint pwritev2(int handle, nint* vectors, int count, long offset, int flags);

    /// <summary>Takes whole blocks only until it is told otherwise, sometimes fewer bytes than there are, and no more than it has space for.</summary>
    private sealed class Disk(Random random, bool refusesBlocks) : IUncachedFile
    {
        private readonly MemoryStream _content = new();
        private bool _usesCache;

        public int SpaceBytes { get; set; }

        public bool IsClosed { get; private set; }

        public ReadOnlySpan<byte> Content => _content.GetBuffer().AsSpan(0, (int)_content.Length);

        public int Write(ReadOnlySpan<byte> bytes, out int written)
        {
            written = 0;
            bool isWhole = bytes.Length % DirectFile.BlockBytes == 0 && _content.Length % DirectFile.BlockBytes == 0;
            if (!_usesCache && (!isWhole || refusesBlocks))
                return FileErrors.Invalid;
            if (random.Next(4) == 0)
                return FileErrors.Interrupted;
            int count = random.Next(3) == 0 ? random.Next(1, bytes.Length + 1) : bytes.Length;
            count = (int)Math.Min(count, SpaceBytes - _content.Length);
            if (count <= 0)
                return FileErrors.NoSpace;
            _content.Write(bytes[..count]);
            written = count;
            return FileErrors.None;
        }

        public void UseCache() => _usesCache = true;

        public int Sync() => FileErrors.None;

        public int SetLength(long length) => throw new NotSupportedException();

        public void Dispose() => IsClosed = true;
    }

    /// <summary>The disk loses the first stretch of a file that is waited for.</summary>
    private sealed class LosingFiles(string folder) : PassingFiles(folder)
    {
        protected override IOutputFile Wrap(IOutputFile file) => new LosingFile(file);

        private sealed class LosingFile(IOutputFile file) : IOutputFile
        {
            public int Write(ReadOnlySpan<byte> bytes, out int written) => file.Write(bytes, out written);

            public int WriteBack(long before, long offset, long end) => before < offset ? FileErrors.IoError : FileErrors.None;

            public int Sync() => file.Sync();

            public int SetLength(long length) => file.SetLength(length);

            public void Dispose() => file.Dispose();
        }
    }
}
