using FastKv.Engine.Persistence.Files;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>Files past the page cache hold what was written into them, whatever the disk does, and leave the cache to others.</summary>
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
    public unsafe void The_page_cache_is_left_to_others()
    {
        const int pageBytes = 4096;
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
        Assert.Equal(FileErrors.None, SystemFiles.Instance.OpenForReading(folder.File, out IInputFile? input));
        using (input)
        {
            byte[] resident = new byte[(input!.Length + pageBytes - 1) / pageBytes];
            fixed (byte* first = resident)
                Assert.Equal(0, mincore((nint)input.Data, (nuint)input.Length, first));
            Assert.InRange(resident.Count(page => (page & 1) != 0), 0, 1);
        }
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

    private static byte[] Content(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    [System.Runtime.InteropServices.LibraryImport("libc")]
    private static unsafe partial int mincore(nint address, nuint length, byte* resident);

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
}
