"""Nations that write with Latin letters."""

# ruff: noqa: RUF001  typographic apostrophes are meant as they stand

from __future__ import annotations

from invoco.sandbox.sample.nation import Nation, nation

LATIN_NATIONS: tuple[Nation, ...] = (
    nation(
        "US", 30,
        first="James Mary Robert Patricia Michael Jennifer Linda William Barbara Richard Susan Jessica Joseph Karen "
        "Thomas Sarah Daniel Nancy Matthew Betty Tyrone Latoya Mary_Ann Jean-Paul Shaniqua D’Andre",
        last="Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Wilson "
        "Anderson Taylor Moore Jackson Lee Thompson White O’Neill McDonald Van_Buren St._Claire",
        cities="New York|NY|100##|America/New_York;Los Angeles|CA|900##|America/Los_Angeles;"
        "Chicago|IL|606##|America/Chicago;Denver|CO|802##|America/Denver;Phoenix|AZ|850##|America/Phoenix;"
        "Miami|FL|331##|America/New_York",
        streets="%d Main St;%d Oak Avenue, Apt 4B;%d W 42nd St;%d Sunset Blvd;%d Old Mill Rd",
        trades="%s Plumbing LLC;%s & Sons;%s Dental Group;%s Realty Inc.;The %s Agency",
        mobiles="1212 1310 1312 1415 1512 1617 1702 1303 1917", subscribers=(2_000_000, 10_000_000),
    ),
    nation(
        "GB", 6,
        first="Oliver Amelia Harry Isla George Olivia Noah Ava Alfie Niamh Rhys Siân",
        last="Smith Jones Taylor Davies Evans Wilson Roberts Walker Hughes Green O’Connor Llewellyn",
        cities="London|Greater London|SW1A #AA|Europe/London;Manchester|Lancashire|M# 2WD|Europe/London;"
        "Edinburgh|Scotland|EH# 3DX|Europe/London",
        streets="%d High Street;Flat 3, %d Victoria Road;%d Church Lane",
        trades="%s & Co. Ltd;%s Builders;%s Lettings",
        mobiles="4471 4472 4473", subscribers=(0, 100_000_000),
    ),
    nation(
        "CA", 5,
        first="Liam Emma Benoît Chloé Jacob Zoé François Geneviève Logan Maïka Étienne Léa",
        last="Tremblay Gagnon Roy Côté Bouchard Gauthier Morin Lavoie Fortin MacLeod Singh Bélanger",
        cities="Toronto|ON|M5V #K3|America/Toronto;Montréal|QC|H2Y #C6|America/Toronto;"
        "Vancouver|BC|V6B #L9|America/Vancouver",
        streets="%d Queen Street W;%d rue Sainte-Catherine;%d Granville St",
        trades="%s Inc.;Groupe %s;%s Heating & Cooling",
        mobiles="1416 1514 1604", subscribers=(2_000_000, 10_000_000),
    ),
    nation(
        "AU", 3,
        first="Jack Charlotte Lachlan Matilda Bailey Kirra Angus Sienna Cooper Indigo",
        last="Smith Nguyen Williams Kelly Campbell Murphy Wood Singh Harris Papadopoulos",
        cities="Sydney|NSW|20##|Australia/Sydney;Melbourne|VIC|30##|Australia/Melbourne;"
        "Perth|WA|60##|Australia/Perth",
        streets="%d George Street;Unit 5/%d Beach Rd;%d Wattle Crescent",
        trades="%s Pty Ltd;%s Landscaping;%s Physio",
        mobiles="6140 6141 6142", subscribers=(0, 10_000_000),
    ),
    nation(
        "DE", 5,
        first="Jürgen Anneliese Björn Käthe Maximilian Sophie Günther Jörg Ute Lukas Hannah Özlem",
        last="Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schäfer Groß Weiß von_der_Heide",
        cities="Berlin|Berlin|101##|Europe/Berlin;München|Bayern|803##|Europe/Berlin;Köln|NRW|506##|Europe/Berlin",
        streets="Hauptstraße %d;Bahnhofstr. %d;Am Mühlbach %d a",
        trades="%s GmbH;%s Bau GmbH & Co. KG;Bäckerei %s",
        mobiles="49151 49152 49157", subscribers=(10_000_000, 100_000_000),
    ),
    nation(
        "FR", 4,
        first="Élodie Jérôme Anaïs Loïc Zoé Gaël Hélène Théo Françoise Baptiste Maëlys Noël",
        last="Martin Bernard Dubois Lefèvre Moreau Léger Gérard Benoît D’Aubigné Le_Gall Châtelain Rousseau",
        cities="Paris|Île-de-France|750##|Europe/Paris;Lyon|Auvergne-Rhône-Alpes|690##|Europe/Paris;"
        "Marseille|Provence-Alpes-Côte d’Azur|130##|Europe/Paris",
        streets="%d rue de la République;%d bis, avenue Foch;%d boulevard Voltaire",
        trades="%s SARL;Boulangerie %s;Cabinet %s et Associés",
        mobiles="3361 3362 3375", subscribers=(0, 10_000_000),
    ),
    nation(
        "ES", 4,
        first="José Lucía Ángel Begoña Íñigo Martina Jesús Nuria Óscar Sofía Iván Concepción",
        last="García_López Fernández Muñoz Núñez Ibáñez Peña Ordóñez Castaño Gómez Vázquez Sáenz Zúñiga",
        cities="Madrid|Madrid|280##|Europe/Madrid;Barcelona|Cataluña|080##|Europe/Madrid;"
        "Sevilla|Andalucía|410##|Europe/Madrid",
        streets="Calle Mayor, %d;Avda. de la Constitución %d, 2º B;Paseo de Gracia %d",
        trades="%s S.L.;Clínica %s;Talleres %s",
        mobiles="3461 3462 3465", subscribers=(0, 10_000_000),
    ),
    nation(
        "MX", 4,
        first="Guadalupe Ximena Emiliano Renata Iker Valeria Ángel Itzel Citlali Xóchitl Joaquín María_José",
        last="Hernández García Martínez López González Pérez Rodríguez Sánchez Ramírez Cruz Peña Yáñez",
        cities="Ciudad de México|CDMX|060##|America/Mexico_City;Guadalajara|Jalisco|441##|America/Mexico_City;"
        "Tijuana|Baja California|220##|America/Tijuana",
        streets="Av. Insurgentes Sur %d;Calle 5 de Mayo #%d;Blvd. Agua Caliente %d",
        trades="%s S.A. de C.V.;Taquería %s;Grupo %s",
        mobiles="5255 5256 5233", subscribers=(10_000_000, 30_000_000),
    ),
    nation(
        "BR", 4,
        first="João Ana Antônio Conceição Luís Beatriz Thaís César Inês Vinícius Letícia Caetano",
        last="Silva Santos Oliveira Conceição Araújo Magalhães Gonçalves Assunção Brandão Falcão Lourenço Simões",
        cities="São Paulo|SP|01310-###|America/Sao_Paulo;Rio de Janeiro|RJ|22070-###|America/Sao_Paulo;"
        "Manaus|AM|69020-###|America/Manaus",
        streets="Rua das Flores, %d;Av. Paulista, %d, conj. 12;Travessa São João, %d",
        trades="%s Ltda.;Padaria %s;%s Imóveis",
        mobiles="55119 55219 55319", subscribers=(60_000_000, 100_000_000),
    ),
    nation(
        "PL", 3,
        first="Łukasz Małgorzata Paweł Agnieszka Święcisław Żaneta Michał Zofia Grzegorz Bożena",
        last="Nowak Wójcik Kowalczyk Woźniak Kozłowski Jabłoński Wiśniewska Dąbrowski Król Gąska",
        cities="Warszawa|Mazowieckie|00-###|Europe/Warsaw;Kraków|Małopolskie|31-###|Europe/Warsaw;"
        "Łódź|Łódzkie|90-###|Europe/Warsaw",
        streets="ul. Długa %d;al. Jerozolimskie %d m. 7;os. Złotego Wieku %d",
        trades="%s Sp. z o.o.;Usługi %s;Apteka %s",
        mobiles="4850 4860 4888", subscribers=(0, 10_000_000),
    ),
    nation(
        "CZ", 2,
        first="Jiří Božena Ondřej Šárka Tomáš Kateřina Zdeněk Růžena Matěj Žofie",
        last="Novák Dvořák Černý Procházka Kučera Veselý Horák Němec Říha Žďárský",
        cities="Praha|Praha|110 ##|Europe/Prague;Brno|Jihomoravský kraj|602 ##|Europe/Prague",
        streets="Vinohradská %d;Náměstí Míru %d;Křížová %d",
        trades="%s s.r.o.;Pekařství %s;%s a syn",
        mobiles="42072 42073 42077", subscribers=(0, 10_000_000),
    ),
    nation(
        "SE", 2,
        first="Åsa Björn Örjan Märta Göran Sören Linnéa Håkan Elsa Nils",
        last="Andersson Lindström Åkesson Öberg Sjögren Nyström Bäckström Hägg Ljungqvist Söderberg",
        cities="Stockholm|Stockholms län|111 ##|Europe/Stockholm;Göteborg|Västra Götaland|411 ##|Europe/Stockholm",
        streets="Storgatan %d;Kungsgatan %d;Björkvägen %d",
        trades="%s AB;%s Bygg AB;Tandläkare %s",
        mobiles="4670 4672 4673", subscribers=(0, 10_000_000),
    ),
    nation(
        "TR", 2,
        first="Ayşe Mehmet İrem Çağla Şükrü Gökhan Özge Uğur Işıl Tuğçe",
        last="Yılmaz Kaya Demir Şahin Çelik Yıldız Öztürk Aydın Özdemir Güneş",
        cities="İstanbul|İstanbul|34###|Europe/Istanbul;Ankara|Ankara|06###|Europe/Istanbul",
        streets="Atatürk Cad. No: %d;İstiklal Caddesi %d;Gül Sokak No: %d D: 3",
        trades="%s A.Ş.;%s İnşaat Ltd. Şti.;%s Eczanesi",
        mobiles="90532 90542 90552", subscribers=(0, 10_000_000),
    ),
    nation(
        "VN", 2,
        first="Anh Bích Cường Dũng Hằng Hương Khánh Lan Minh Ngọc Phương Thảo",
        last="Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ",
        cities="Hà Nội|Hà Nội|10####|Asia/Ho_Chi_Minh;Đà Nẵng|Đà Nẵng|55####|Asia/Ho_Chi_Minh",
        streets="%d Phố Huế;Số %d Nguyễn Trãi;%d/12 Lê Lợi",
        trades="Công ty TNHH %s;%s & Con;Nhà hàng %s",
        mobiles="8491 8497 8433", subscribers=(0, 10_000_000),
    ),
    nation(
        "NG", 2,
        first="Chinedu Ngozi Olúwaṣeun Aisha Emeka Fúnmiláyọ̀ Tunde Yetunde Ibrahim Adaeze",
        last="Okafor Adeyemi Balogun Eze Ọlátúnjí Musa Okonkwo Abubakar Nwosu Akínyẹmí",
        cities="Lagos|Lagos|100###|Africa/Lagos;Abuja|FCT|900###|Africa/Lagos",
        streets="%d Allen Avenue;Plot %d Ahmadu Bello Way;%d Broad Street",
        trades="%s Ventures;%s & Brothers Nig. Ltd;%s Foods",
        mobiles="234803 234805 234813", subscribers=(0, 10_000_000),
    ),
)  # fmt: skip
