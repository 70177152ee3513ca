// Makes the image of a template from its text. Control plane.
using System.Text;
using FastKv.Memory;

namespace FastKv.LoadGen.Load;

/// <summary>Bytes, places and pieces of a template; see <see cref="RequestTemplate"/> for what they look like.</summary>
internal sealed class TemplateParser
{
    private const string ValueMark = "{value}";

    /// <summary>A word that ends one request and begins the next, which goes out with it.</summary>
    private const string Separator = ";";

    private readonly TemplateSizes _sizes;
    private int _pieceStart;

    /// <summary>Parses.</summary>
    /// <exception cref="FormatException">As <see cref="RequestTemplate.Parse"/>.</exception>
    public TemplateParser(string text, TemplateSizes sizes)
    {
        _sizes = sizes;
        string value = ValueText(sizes.ValueBytes);
        List<string> words = WordSplitter.Split(text);
        for (int start = 0; start <= words.Count; Requests++)
        {
            int separator = words.IndexOf(Separator, start);
            int end = separator < 0 ? words.Count : separator;
            if (end == start)
                throw new FormatException("A command has at least one word.");
            Append($"*{end - start}\r\n");
            for (; start < end; start++)
                AddWord(words[start].Replace(ValueMark, value, StringComparison.Ordinal));
            start = end + 1;
        }
        if (Pieces.Count > 0)
            EndPiece(PieceEnd.Nothing, default, 0);
    }

    /// <summary>How many requests it is.</summary>
    public int Requests { get; private set; }

    /// <summary>All bytes that are the same in each request, and zeros where something of fixed width is filled in.</summary>
    public List<byte> Image { get; } = [];

    /// <summary>In the order of the image.</summary>
    public List<FixedPlace> Places { get; } = [];

    /// <summary>In the order of the image; none when all has a fixed width.</summary>
    public List<ImagePiece> Pieces { get; } = [];

    private void AddWord(string word)
    {
        List<object> parts = Split(word);
        Placeholder[] natural = [.. parts.OfType<Placeholder>().Where(p => p.IsNatural)];
        if (natural.Length > 1)
            throw new FormatException($"A word has at most one number: {word}");
        int known = parts.Sum(p => p is Placeholder field ? field.Width : Encoding.UTF8.GetByteCount((string)p));
        if (natural.Length == 0)
            Append($"${known}\r\n");
        else
            EndPiece(PieceEnd.Header, natural[0], known);
        foreach (object part in parts)
        {
            if (part is string text)
                Append(text);
            else
                Add((Placeholder)part);
        }
        Append("\r\n");
    }

    private void Add(Placeholder field)
    {
        if (field.IsNatural)
        {
            EndPiece(PieceEnd.Number, default, 0);
            return;
        }
        Append(new string('0', field.Width));
        Places.Add(new FixedPlace(field, Image.Count));
    }

    private void EndPiece(PieceEnd end, Placeholder field, int wordBytes)
    {
        Pieces.Add(new ImagePiece(_pieceStart, Image.Count - _pieceStart, end, field, wordBytes));
        _pieceStart = Image.Count;
    }

    /// <summary>Texts (string) and placeholders in their order.</summary>
    private List<object> Split(string word)
    {
        var parts = new List<object>();
        int textStart = 0;
        int position = 0;
        while ((position = word.IndexOf('{', position)) >= 0)
        {
            int close = word.IndexOf('}', position);
            if (close < 0 || !Placeholder.TryParse(word.AsSpan(position + 1, close - position - 1), _sizes, out Placeholder field))
            {
                position++;
                continue;
            }
            if (position > textStart)
                parts.Add(word[textStart..position]);
            parts.Add(field);
            position = textStart = close + 1;
        }
        if (textStart < word.Length)
            parts.Add(word[textStart..]);
        return parts;
    }

    private void Append(string text) => Image.AddRange(Encoding.UTF8.GetBytes(text));

    /// <summary>Letters and digits without a pattern, so that a server which compresses gains nothing.</summary>
    private static string ValueText(int length)
    {
        var random = new RandomSource(7);
        return string.Create(length, 0, (text, _) =>
        {
            for (int i = 0; i < text.Length; i++)
                text[i] = LetterWriter.Letter(random.Next() >> 32);
        });
    }
}
