using System.Globalization;
using System.Text;
using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Files;

namespace FastKv.Engine.Persistence.Aof;

// Control plane. The manifest of an AOF, as Redis 7 writes it: which files it consists of, in the order in which they are loaded.
//
//   file appendonly.aof.2.base.rdb seq 2 type b         the base: the state at some instant; at most one
//   file appendonly.aof.1.incr.aof seq 1 type h         history: no longer needed, to be deleted
//   file appendonly.aof.4.incr.aof seq 4 type i         increments: what came after, ascending
//
// It is replaced as a whole by renaming, so at any time it names a set of files that belong together.

/// <summary>What a file of the AOF is for.</summary>
internal enum AofFileType
{
    /// <summary>The state at some instant.</summary>
    Base = 'b',

    /// <summary>Effects after that.</summary>
    Increment = 'i',

    /// <summary>Replaced by a newer base.</summary>
    History = 'h',
}

/// <summary>One file of an AOF.</summary>
/// <param name="Name">Its name in the AOF's directory.</param>
/// <param name="Sequence">Its number among those of its type.</param>
/// <param name="Type">What it is for.</param>
internal sealed record AofFile(string Name, long Sequence, AofFileType Type);

/// <summary>The files of an AOF.</summary>
internal sealed class AofManifest
{
    /// <summary>Redis's bound for a line.</summary>
    private const int LineCharsMax = 1024;

    public AofFile? Base { get; private set; }

    public List<AofFile> Increments { get; private init; } = [];

    public List<AofFile> History { get; private init; } = [];

    private long BaseSequence { get; set; }

    private long IncrementSequence { get; set; }

    /// <summary>Reads a manifest; throws <see cref="AofFault"/> with Redis's words if it is none.</summary>
    public static AofManifest Parse(string text)
    {
        var manifest = new AofManifest();
        int number = 0;
        if (text.Length == 0)
            throw Wrong("Found an empty AOF manifest", 0, "");
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            number++;
            if (i == lines.Length - 1)
            {
                if (lines[i].Length > 0)
                    throw Wrong("The AOF manifest file contains an invalid line format", number, lines[i]);
                break;
            }
            if (lines[i].Length >= LineCharsMax)
                throw Wrong("Line too long", number, lines[i]);
            if (!lines[i].StartsWith('#'))
                manifest.Add(lines[i].Trim(' ', '\t', '\r'), number);
        }
        return manifest;
    }

    /// <summary>A copy to change.</summary>
    public AofManifest Copy() => new()
    {
        Base = Base,
        Increments = [.. Increments],
        History = [.. History],
        BaseSequence = BaseSequence,
        IncrementSequence = IncrementSequence,
    };

    /// <summary>Takes a base over that stands in a file of any name: an AOF of before Redis 7.</summary>
    public void AdoptBase(string name) => Base = new AofFile(name, ++BaseSequence, AofFileType.Base);

    /// <summary>
    /// The numbers of what is added are higher than those of another manifest's base, and than those of its increments before an index, so that the rest of
    /// them keeps its names where it can.
    /// </summary>
    public void ContinueAfter(AofManifest other, int increments)
    {
        BaseSequence = Math.Max(BaseSequence, other.BaseSequence);
        long before = increments < other.Increments.Count ? other.Increments[increments].Sequence - 1 : other.IncrementSequence;
        IncrementSequence = Math.Max(IncrementSequence, before);
    }

    /// <summary>A new base in the place of everything before the increments from <paramref name="firstIncrement"/> on.</summary>
    public AofFile ReplaceBase(string prefix, bool isRdb, int firstIncrement)
    {
        if (Base is not null)
            History.Add(Base with { Type = AofFileType.History });
        BaseSequence++;
        Base = new AofFile(Name(prefix, BaseSequence, isRdb ? "base.rdb" : "base.aof"), BaseSequence, AofFileType.Base);
        for (int i = 0; i < firstIncrement; i++)
            History.Add(Increments[i] with { Type = AofFileType.History });
        Increments.RemoveRange(0, firstIncrement);
        return Base;
    }

    /// <summary>A new increment behind the others.</summary>
    public AofFile AddIncrement(string prefix)
    {
        IncrementSequence++;
        var file = new AofFile(Name(prefix, IncrementSequence, "incr.aof"), IncrementSequence, AofFileType.Increment);
        Increments.Add(file);
        return file;
    }

    /// <summary>The text of the file.</summary>
    public string Format()
    {
        var text = new StringBuilder();
        if (Base is not null)
            Append(text, Base);
        foreach (var file in History)
            Append(text, file);
        foreach (var file in Increments)
            Append(text, file);
        return text.ToString();
    }

    /// <summary>Puts the manifest into the place of the one before; an errno.</summary>
    public int Save(IFileSystem files, string directory, string name) => Save(files, directory, name, out _);

    /// <summary>Puts the manifest into the place of the one before; an errno.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="directory">Where.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="isInPlace">Whether it stands in its place: with an error too, if it is not known whether that is durable.</param>
    public int Save(IFileSystem files, string directory, string name, out bool isInPlace)
    {
        isInPlace = false;
        int error = WriteTemporary(files, directory, name, isDurable: true);
        if (error != FileErrors.None)
            return error;
        string temporary = TemporaryPath(directory, name);
        error = files.Rename(temporary, Path.Combine(directory, ConfigText.ToPath(name)));
        if (error != FileErrors.None)
        {
            _ = files.Delete(temporary);
            return error;
        }
        isInPlace = true;
        return files.SyncDirectory(directory);
    }

    /// <summary>
    /// Writes the manifest to the file from which <see cref="Save(IFileSystem, string, string)"/> would bring it to its place, and deletes that: most of what
    /// can be in the way of saving shows. An errno.
    /// </summary>
    public int TryWrite(IFileSystem files, string directory, string name)
    {
        int error = WriteTemporary(files, directory, name, isDurable: false);
        return error != FileErrors.None ? error : files.Delete(TemporaryPath(directory, name));
    }

    private int WriteTemporary(IFileSystem files, string directory, string name, bool isDurable)
    {
        string temporary = TemporaryPath(directory, name);
        int error = files.OpenForWriting(temporary, append: false, out var file);
        if (error != FileErrors.None)
            return error;
        using (file)
        {
            error = file!.WriteAll(Encoding.Latin1.GetBytes(Format()));
            if (error == FileErrors.None && isDurable)
                error = file!.Sync();
        }
        if (error != FileErrors.None)
            _ = files.Delete(temporary);
        return error;
    }

    private static string TemporaryPath(string directory, string name) => Path.Combine(directory, "temp-" + ConfigText.ToPath(name));

    private static string Name(string prefix, long sequence, string suffix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}.{sequence}.{suffix}");

    private static void Append(StringBuilder text, AofFile file)
    {
        string name = file.Name.AsSpan().ContainsAny(" \"'\\\n\r\t") ? ConfigText.Quote(file.Name) : file.Name;
        text.Append(CultureInfo.InvariantCulture, $"file {name} seq {file.Sequence} type {(char)file.Type}\n");
    }

    private static AofFault Wrong(string reason, int line, string text) =>
        new($"\n*** FATAL AOF MANIFEST FILE ERROR ***\nReading the manifest file, at line {line}\n>>> '{text}'\n{reason}");

    private void Add(string line, int number)
    {
        if (line.Length == 0)
            throw Wrong("The AOF manifest file contains an invalid line format", number, line);
        var words = ConfigText.SplitWords(line);
        if (words is null || words.Count < 6 || words.Count % 2 != 0)
            throw Wrong("The AOF manifest file contains an invalid line format", number, line);
        string name = "";
        long sequence = 0;
        char type = '\0';
        for (int i = 0; i < words.Count; i += 2)
        {
            if (words[i].Equals("file", StringComparison.OrdinalIgnoreCase))
            {
                name = words[i + 1];
                if (name.Contains('/'))
                    throw Wrong("File can't be a path, just a filename", number, line);
            }
            else if (words[i].Equals("seq", StringComparison.OrdinalIgnoreCase))
            {
                _ = long.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out sequence);
            }
            else if (words[i].Equals("type", StringComparison.OrdinalIgnoreCase))
            {
                type = words[i + 1].Length > 0 ? words[i + 1][0] : '\0';
            }
        }
        if (name.Length == 0 || sequence == 0 || type == '\0')
            throw Wrong("Invalid AOF manifest", number, line);
        Add(new AofFile(name, sequence, (AofFileType)type), number, line);
    }

    private void Add(AofFile file, int number, string line)
    {
        switch (file.Type)
        {
            case AofFileType.Base:
                if (Base is not null)
                    throw Wrong("Found duplicate base file information", number, line);
                Base = file;
                BaseSequence = file.Sequence;
                break;
            case AofFileType.History:
                History.Add(file);
                break;
            case AofFileType.Increment:
                if (file.Sequence <= IncrementSequence)
                    throw Wrong("Found a non-monotonic sequence number", number, line);
                Increments.Add(file);
                IncrementSequence = file.Sequence;
                break;
            default:
                throw Wrong("Unknown AOF file type", number, line);
        }
    }
}
